"""How an answer came about."""

from openai.types.chat import ChatCompletion
from polylect import Answer, Perspective, Route, Voice

from playground.names import Names
from playground.turn import Side, Turn
from playground.view.account import account
from playground.wish import Wish


def test_the_route_and_why() -> None:
    route = Route(language="ja", why="<0.61 against 0.45>", known=True)
    answer = Answer(
        mode="multiplex",
        why="several cultures are concerned",
        voices=[Voice(culture="JP", language="ja", why="named", route=route)],
        perspectives=[Perspective(culture="JP", language="ja", status="cut")],
        calls=2,
        completion=ChatCompletion.construct(None),
    )
    side = Side(state="done", answer=answer, seconds=1.25)
    shown = account(Turn(1, Wish("Why?"), [side]), side, Names())
    assert "Council: several cultures are concerned" in shown
    cells = "".join(f"<td>{one}</td>" for one in ("Japanese", "cut", "named", "&lt;0.61 against 0.45&gt;"))
    assert f'<th scope="row">Japan</th>{cells}' in shown
    assert "<td>1.2 s</td>" in shown


def test_nothing_before_there_is_an_answer() -> None:
    side = Side()
    assert account(Turn(1, Wish("Why?"), [side]), side, Names()) == ""

"""The package's front door is sorted and complete."""

import agents


def test_all_is_sorted_and_true():
    assert sorted(agents.__all__) == sorted(set(agents.__all__))
    assert all(hasattr(agents, name) for name in agents.__all__)
    public = {name for name in vars(agents) if name[0].isupper()}
    assert public <= set(agents.__all__)

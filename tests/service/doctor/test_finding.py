"""Findings hold no secret, however it was written into the configuration."""

import pytest

from service.doctor.finding import Finding, Withheld, address, refused

PASSWORD = "sesame-7"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"model_list": [{"litellm_params": {"api_key": PASSWORD}}]}, f"Incorrect API key: {PASSWORD}"),
        ({"model_list": [{"litellm_params": {"aws_secret_access_key": PASSWORD}}]}, f"{PASSWORD} is wrong"),
        ({"model_list": [{"litellm_params": {"extra_headers": {"X-Mine": PASSWORD}}}]}, f"sent {PASSWORD}"),
        ({"model_list": [{"litellm_params": {"api_base": f"http://me:{PASSWORD}@h/v1"}}]}, f"h, {PASSWORD}"),
        ({"model_list": [{"litellm_params": {"api_base": "http://h/v1?sig=sesame-7"}}]}, "h?sig=sesame-7"),
        ({"redis_url": f"redis://:{PASSWORD}@h/0"}, f"AUTH {PASSWORD} failed"),
        ({"redis_url": "redis://:sesame%2D7@h/0"}, f"AUTH {PASSWORD} failed"),
        ({"embedder": {"api_key": PASSWORD}}, f"{PASSWORD}?"),
        ({"router_settings": {"redis_password": PASSWORD}}, f"{PASSWORD}?"),
        ({"model_list": f"[{{'api_key': '{PASSWORD}'"}, "it cannot be read"),
    ],
)
def test_a_secret_is_taken_out_of_what_is_found_and_of_its_cure(raw, said):
    safe = Withheld(raw).safe(Finding(f"check {said}", "problem", said, f"mend {said}"))
    assert PASSWORD not in f"{safe.check}{safe.found}{safe.cure}"
    assert safe.state == "problem"


def test_a_secret_of_the_environment_is_taken_out_too(monkeypatch):
    monkeypatch.setenv("MY_KEY", PASSWORD)
    raw = {"model_list": [{"litellm_params": {"api_key": "os.environ/MY_KEY"}}]}
    assert Withheld(raw).safe(Finding("a", "ok", f"key {PASSWORD}")).found == "key …"


def test_what_is_no_secret_stays_and_orders_to_the_terminal_go():
    raw = {
        "keys_file": "keys.json",
        "model_list": [{"model_name": "mine", "litellm_params": {"api_key": "none"}}],
    }
    safe = Withheld(raw).safe(Finding("keys", "ok", "none in keys.json of mine\x1b[31m"))
    assert safe.found == "none in keys.json of mine[31m"


def test_an_address_shows_neither_who_goes_there_nor_what_is_asked():
    assert address("https://me:sesame@host:8443/v1?key=sesame#x") == "https://host:8443/v1"
    assert "sesame" not in address("http://[sesame")


@pytest.mark.parametrize(
    ("said", "found", "cure"),
    [
        ("port: 80 is taken. End what listens there.", "port: 80 is taken", "End what listens there."),
        ("keys_file: there is no k.json; make a key", "keys_file: there is no k.json", "make a key"),
        ("it is broken", "it is broken", "Mend it."),
    ],
)
def test_an_error_of_ours_is_parted_into_what_is_wrong_and_its_cure(said, found, cure):
    told = refused("check", ValueError(said), "Mend it.")
    assert (told.found, told.cure) == (found, cure)

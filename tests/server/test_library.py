"""Presets and prompts over REST."""

from __future__ import annotations

from typing import Any

from jupyter_chat.ids import new_id


def a_preset(name: str, **settings: Any) -> dict[str, Any]:
    return {"id": new_id(), "name": name, "settings": settings}


async def test_they_are_kept_changed_and_deleted(rest, client):
    preset = a_preset("Reviewer", model="m", system_prompt="Be strict.")
    prompt = {"id": new_id(), "name": "Explain", "text": "Explain {{topic}}"}
    assert await rest("GET", "library") == (200, {"revision": 0, "presets": [], "prompts": []})
    assert (await rest("PUT", f"library/presets/{preset['id']}", preset))[0] == 200
    code, library = await rest("PUT", f"library/prompts/{prompt['id']}", prompt)
    assert (code, library["presets"], library["prompts"]) == (200, [preset], [prompt])
    changed = {**prompt, "text": "Explain {{topic}} again"}
    await rest("PUT", f"library/prompts/{prompt['id']}", changed)
    event = await client.until(lambda event: event["type"] == "library" and event["revision"] == 3)
    code, library = await rest("GET", "library")
    assert (library["revision"], library["prompts"]) == (event["revision"], [changed])
    await rest("DELETE", f"library/presets/{preset['id']}")
    code, library = await rest("DELETE", f"library/prompts/{prompt['id']}")
    assert (code, library["presets"], library["prompts"]) == (200, [], [])


async def test_what_cannot_be_kept_is_refused_by_the_name_of_the_field(rest):
    preset = a_preset("Reviewer", temperature=3)
    path = f"library/presets/{preset['id']}"
    for body, field in (
        (preset, "settings.temperature"),
        (a_preset("Reviewer"), "id"),
        ({**preset, "settings": {}, "name": ""}, "name"),
        ({**preset, "settings": {}, "name": "x" * 51}, "name"),
    ):
        code, failure = await rest("PUT", path, body)
        assert (code, failure["problem"]["field"]) == (400, field)
    assert (await rest("GET", "library"))[1]["revision"] == 0


async def test_one_or_all_are_shared_as_a_file_and_added_again(rest, jp_fetch):
    presets = [a_preset("Größe", model="m"), a_preset("Other")]
    for preset in presets:
        await rest("PUT", f"library/presets/{preset['id']}", preset)
    one = await jp_fetch(
        "jupyter-chat/api/library/file", params={"id": presets[0]["id"]}, method="GET"
    )
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fe.json" in one.headers["Content-Disposition"]
    code, file = await rest("GET", "library/file")
    shared = [{"name": each["name"], "settings": each["settings"]} for each in presets]
    assert file == {
        "format": "jupyter-chat-presets",
        "version": 1,
        "presets": shared,
        "prompts": [],
    }
    file["presets"].append({"name": "Bad"})
    code, report = await rest("POST", "library/file", file)
    assert (code, report["presets"], report["known"]) == (200, 0, 2)
    assert report["problems"][0]["entry"] == 3
    code, failure = await rest("GET", f"library/file?id={new_id()}")
    assert (code, failure["problem"]["code"]) == (404, "not_found")
    code, failure = await rest("POST", "library/file", {"format": "other"})
    assert (code, failure["problem"]["code"]) == (400, "invalid")

"""Gradio's sessions do not grow with what is shown in them."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
from gradio.state_holder import SessionState

from ui.sessions import keep_numbers


def test_a_component_made_anew_in_a_session_takes_the_place_of_the_one_before() -> None:
    keep_numbers()
    keep_numbers()
    shown = gr.HTML("first", render=False)
    session = object.__new__(SessionState)  # a whole page leaves event loops behind
    session.blocks_config = SimpleNamespace(blocks={shown._id: shown}, config_for_block=lambda *_: {"props": {}})
    session.config_values, session.state_data, session._state_ttl = {}, {}, {}
    for value in ("second", "third"):
        session[shown._id] = gr.HTML(render=False)
        session._update_value_in_config(session[shown._id]._id, value)
    assert list(session.blocks_config.blocks) == [shown._id]
    assert session.config_values == {shown._id: {"props": {"value": "third"}}}

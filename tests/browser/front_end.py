"""A chat front end that is not ours: Gradio's, for any server that speaks OpenAI's API.

python -m tests.browser.front_end URL
"""

from __future__ import annotations

import sys

import gradio as gr

if __name__ == "__main__":
    chat = gr.load_chat(f"{sys.argv[1]}/v1", model="citewell", token="none")
    _, address, _ = chat.launch(prevent_thread_lock=True, quiet=True, enable_monitoring=False)
    print(address.rstrip("/"), flush=True)
    chat.block_thread()

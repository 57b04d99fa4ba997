"""The chat page: Gradio on the SDK. `app.py` is the door; nothing here knows the service or the agents."""

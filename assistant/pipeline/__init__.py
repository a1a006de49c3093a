"""From a source of audio to events: trigger, utterance, responder."""

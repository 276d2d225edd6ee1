"""Chats: the edition's note, posted into a room, with a link to its page."""

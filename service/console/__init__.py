"""The web console: pages for people who signed in, in English and 简体中文.

Every page stands on operations of the HTTP interface, asked in this process as the person who signed in (`asking`):
what is allowed, refused and recorded is decided in one place, and whatever a page does can be done without it.
Pages are made on the server and work without scripts; scripts add scanning, sound and the keyboard.
"""

"""People sign in: invitations, passwords, second factors, sessions, and how often somebody may try."""

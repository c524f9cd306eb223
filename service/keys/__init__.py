"""The parties' signing keys, kept for them: encrypted at rest, decrypted only in the process that signs."""

"""Numbers that a party gives: lot numbers by its rules, SSCCs under its GS1 company prefix; and whether one is free."""

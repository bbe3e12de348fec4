"""Who may ask: keys are made, given up and recognised here."""

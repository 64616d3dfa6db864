"""Programs that use the add-on as an artist would."""

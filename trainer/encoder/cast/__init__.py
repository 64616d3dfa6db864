"""The cast: photographs of people who agreed, encoded, written and shown."""

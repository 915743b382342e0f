"""What every suite may ask for."""

pytest_plugins = ["emulator.fixtures", "stores.fixtures"]

"""The machine: devices, processes, files, signals, versions."""

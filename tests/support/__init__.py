"""Support for tests of several packages: a plant without a controller, child processes, tests in real time."""

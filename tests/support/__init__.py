"""What tests of several packages need: a plant without a controller, programs, a machine that stalls."""

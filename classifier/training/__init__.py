"""How a model is made and measured: labelled sets, the network, its training, calibration, export and evaluation."""

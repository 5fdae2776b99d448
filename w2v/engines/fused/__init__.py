"""Training on an NVIDIA GPU in two kernels: one samples the windows there, one takes the steps."""

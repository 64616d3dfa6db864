"""Who does the work: the cores of this machine, or the machines of a cluster."""

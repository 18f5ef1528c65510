"""What clusters that are made on this machine share: cgroups, network, and whose they are."""

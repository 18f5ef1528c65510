"""One run of `seatrial run`: settings, the child processes, the session inside each of them, and its verdicts."""

module seatrial/builds/own

go 1.26.0

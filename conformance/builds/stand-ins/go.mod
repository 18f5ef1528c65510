module seatrial/builds/stand-ins

go 1.26.0

# METADATA
# title: Quantities of Kubernetes as numbers
package lib.quantity

_units := {
	"": 1, "k": 1000, "M": 1000000, "G": 1000000000, "T": 1000000000000, "P": 1000000000000000, "E": 1000000000000000000,
	"Ki": 1024, "Mi": 1048576, "Gi": 1073741824, "Ti": 1099511627776, "Pi": 1125899906842624, "Ei": 1152921504606846976,
}

# What a quantity is divided by: 0.001 is no exact number.
_parts := {"m": 1000, "u": 1000000, "n": 1000000000}

# A quantity as a number, undefined for what is none: 1, "1", "500m", "64Gi", "1e3".
number(quantity) := quantity if {
	is_number(quantity)
} else := value if {
	is_string(quantity)
	digits := trim_right(quantity, "kKMGTPEinum")
	regex.match(`^\+?[0-9]+(\.[0-9]+)?$`, digits)
	value := _times(to_number(trim_left(digits, "+")), substring(quantity, count(digits), -1))
} else := to_number(quantity) if {
	is_string(quantity)
	regex.match(`^[0-9]+(\.[0-9]+)?[eE][0-9]+$`, quantity)
}

_times(number, unit) := number * _units[unit] if {
	_units[unit]
} else := number / _parts[unit]

is_whole(quantity) if number(quantity) == floor(number(quantity))

_seconds := {"ns": 0.000000001, "us": 0.000001, "ms": 0.001, "s": 1, "m": 60, "h": 3600}

# A duration as Go writes it, undefined for what is none: "90s", "1h30m".
seconds(duration) := sum(lengths) if {
	is_string(duration)
	regex.match(`^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`, duration)
	lengths := [length |
		some part in regex.find_all_string_submatch_n(`([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s|m|h)`, duration, -1)
		length := to_number(part[1]) * _seconds[part[2]]
	]
}

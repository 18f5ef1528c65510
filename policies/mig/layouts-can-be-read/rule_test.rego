package policies.mig["layouts-can-be-read_test"]

import data.policies.mig["layouts-can-be-read"] as rule

_map(config) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"config.yaml": yaml.marshal(config)}}

_found(config) := found if {
	found := rule.findings with input as {"object": _map(config)}
}

_layout(entry) := {"version": "v1", "mig-configs": {"a": [entry]}}

_entry := {"devices": "all", "mig-enabled": true, "mig-devices": {"1g.10gb": 7}}

test_good if {
	count(_found(_layout(_entry))) == 0
	count(_found(_layout({"devices": [0, 1], "mig-enabled": false}))) == 0
	count(_found(_layout(object.union(_entry, {"device-filter": "0x233010DE"})))) == 0
	count(_found(_layout({"devices": "all", "mig-enabled": true, "mig-devices": {}}))) == 0
}

test_profiles_with_attributes if {
	entry := {"devices": "all", "mig-enabled": true, "mig-devices": {"1g.10gb+me": 1, "1g.24gb-me": 1, "1g.24gb+me.all": 1, "1c.3g.40gb": 2}}
	count(_found(_layout(entry))) == 0
}

test_no_version if count(_found({"mig-configs": {"a": [_entry]}})) == 1

test_another_version if count(_found({"version": "v2", "mig-configs": {"a": [_entry]}})) == 1

test_the_singular if count(_found({"version": "v1", "mig-config": {"a": [_entry]}})) == 1

test_an_empty_layout if count(_found({"version": "v1", "mig-configs": {"a": []}})) == 1

test_what_is_missing if count(_found(_layout({"devices": "all"}))) == 1

test_what_is_unknown if count(_found(_layout(object.union(_entry, {"mig_devices": {}})))) == 1

test_a_device_by_name if count(_found(_layout(object.union(_entry, {"devices": "0"})))) == 1

test_enabled_without_devices if count(_found(_layout({"devices": "all", "mig-enabled": true}))) == 1

test_devices_without_enabled if count(_found(_layout({"devices": "all", "mig-enabled": false, "mig-devices": {"1g.10gb": 7}}))) == 1

test_no_name_of_a_profile if count(_found(_layout({"devices": "all", "mig-enabled": true, "mig-devices": {"mig-1g.10gb": 7}}))) == 1

test_other_maps if {
	count(_found({"version": "v1", "sharing": {"timeSlicing": {}}})) == 0
	count(rule.findings) == 0 with input as {"object": {"kind": "ConfigMap", "data": {"config.yaml": "{{ .Values.mig }}"}}}
	count(rule.findings) == 0 with input as {"object": {"kind": "ConfigMap", "data": null}}
}

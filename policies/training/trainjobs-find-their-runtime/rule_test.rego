package policies.training["trainjobs-find-their-runtime_test"]

import data.policies.training["trainjobs-find-their-runtime"] as rule

_job(ref) := {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": "j", "namespace": "a"}, "spec": {"runtimeRef": ref}}

_runtime(of, namespace) := {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": of, "metadata": {"name": "r", "namespace": namespace}, "spec": {}}

_found(objects) := count(found) if found := rule.findings with input as {"objects": objects}

test_kind_left_out_means_the_clusters if _found([_job({"name": "r"}), _runtime("TrainingRuntime", "a")]) == 1

test_named if _found([_job({"name": "r", "kind": "TrainingRuntime"}), _runtime("TrainingRuntime", "a")]) == 0

test_another_namespace if _found([_job({"name": "r", "kind": "TrainingRuntime"}), _runtime("TrainingRuntime", "b")]) == 1

test_of_the_cluster if _found([_job({"name": "r"}), _runtime("ClusterTrainingRuntime", "x")]) == 0

test_one_of_two if _found([_job({"name": "r"}), _runtime("TrainingRuntime", "a"), _runtime("ClusterTrainingRuntime", "x")]) == 0

test_one_that_is_not_here if _found([_job({"name": "other"}), _runtime("TrainingRuntime", "a")]) == 0

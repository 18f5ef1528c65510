"""`seatrial size`: where language models fit, and which MIG instances fit on one GPU."""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from conformance.commands import Purpose
from conformance.errors import UsageError
from conformance.gpu import mig, models
from conformance.gpu.mig import Mig, Profile
from conformance.gpu.models import GpuModel
from conformance.sizing import language_models, memory
from conformance.sizing.config_json import DTYPES
from conformance.sizing.fit import Fit, Tried, batched_tokens, smallest
from conformance.sizing.memory import Load

PURPOSE = Purpose.SIZE
HELP = "say where language models and MIG instances fit"
EXAMPLES = (
    "seatrial size --list\n"
    "seatrial size --model Llama-3.1-8B --gpu H100-SXM-80GB --context 32768 --sequences 8\n"
    "seatrial size --model my-model/config.json --gpu L40S --context 8192 --tensor-parallel 2\n"
    "seatrial size --gpu H100-SXM-80GB --place 3g.40gb,2g.20gb,2g.20gb\n"
    "seatrial size --gpu H100-SXM-80GB --model Qwen2.5-7B --model Qwen2.5-1.5B --context 8192 --context 512\n"
)

FITS, DOES_NOT_FIT = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("--model", action="append", default=[], metavar="NAME|FILE", dest="models",
                        help="a model of --list or its Hugging Face id, or a config.json; several share one GPU")
    parser.add_argument("--gpu", metavar="NAME", help="a GPU model (see --list)")
    parser.add_argument("--context", action="append", default=[], type=_count, metavar="N", dest="contexts",
                        help="tokens of the longest sequence; once for all models, or once for each")
    parser.add_argument("--sequences", action="append", default=[], type=_count, metavar="N",
                        help="sequences of that length at once; once for all, or once for each (default: 1)")
    parser.add_argument("--tensor-parallel", type=_count, metavar="N",
                        help="GPUs that share the model (default: the fewest that will do)")
    parser.add_argument("--dtype", choices=sorted(DTYPES),
                        help="type of the weights (default: the config's)")
    parser.add_argument("--kv-dtype", choices=("auto", *sorted(memory.KV_DTYPES)), default="auto",
                        help="type of the KV cache (default: that of the model)")
    parser.add_argument("--utilization", type=_share, default=0.9, metavar="SHARE",
                        help="vLLM's --gpu-memory-utilization (default: %(default)s)")
    parser.add_argument("--overhead-gib", type=_gib, default=memory.OVERHEAD_GIB, metavar="GIB",
                        help="activations and CUDA context of each GPU (default: %(default)s, an estimate)")
    parser.add_argument("--max-num-batched-tokens", type=_count, metavar="N",
                        help="vLLM's; counts for sliding windows only (default: vLLM's own on that GPU)")
    parser.add_argument("--place", metavar="PROFILES",
                        help="MIG profiles, separated by commas: do they fit on one GPU?")
    parser.add_argument("--list", action="store_true",
                        help="show the GPUs and the models that are known; with --gpu all full layouts of that one")
    parser.add_argument("--output", choices=("text", "json"), default="text",
                        help="output format (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Answer; 0 when everything fits, 1 when something does not. Raises UsageError for wrong usage or input."""
    if args.list:
        return _layouts(models.model(args.gpu), args.output) if args.gpu else _list(args.output)
    if args.gpu is None:
        raise UsageError("--gpu is missing", f"add one of: {', '.join(models.names())}")
    gpu = models.model(args.gpu)
    if args.place is not None and args.models:
        raise UsageError("--place and --model are two questions", "ask one at a time")
    if args.place is not None:
        return _place(gpu, args.place, args.output)
    if not args.models:
        raise UsageError("neither --model nor --place is given", "say what is to fit, or see: seatrial size --list")
    return _models(gpu, args)


def _list(output: str) -> int:
    if output == "json":
        print(json.dumps({"gpus": models.table(), "models": language_models.table()}, indent=2))
        return FITS
    print("GPUs:")
    for name in models.names():
        gpu = models.model(name)
        profiles = ", ".join(profile.name for profile in gpu.mig.profiles) if gpu.mig else "no MIG"
        print(f"  {name:16} {gpu.usable_gib:6.2f} GiB  {profiles}")
    print("\nModels:")
    for name in language_models.names():
        known = language_models.load(name)
        print(f"  {name:29} {known.parameters / 1e9:6.2f} billion parameters, {known.layers} layers, {known.dtype}")
    print("\nA model is known by its Hugging Face ids too: --output json has them under hub.")
    return FITS


def _layouts(gpu: GpuModel, output: str) -> int:
    partitions = _partitions(gpu)
    found = [Counter(profile.name for profile in layout) for layout in mig.layouts(partitions)]
    if output == "json":
        print(json.dumps({"gpu": gpu.name, "layouts": found}, indent=2))
        return FITS
    doubt = gpu.doubt("mig_placements")
    print("\n".join((f"Full layouts of one {gpu.name}:", *(
        "  " + ", ".join(f"{count} x {name}" for name, count in layout.items()) for layout in found),
        *([doubt] if doubt else ()))))
    return FITS


def _place(gpu: GpuModel, wanted: str, output: str) -> int:
    partitions = _partitions(gpu)
    answer = _placement(gpu, partitions, [partitions.profile(name.strip()) for name in wanted.split(",")])
    if output == "json":
        print(json.dumps({"gpu": gpu.name, "placement": answer}, indent=2))
    else:
        print("\n".join(_placement_lines(gpu, answer)))
    return FITS if answer["fits"] else DOES_NOT_FIT


def _models(gpu: GpuModel, args: argparse.Namespace) -> int:
    together = len(args.models) > 1
    if together and args.tensor_parallel not in {None, 1}:
        raise UsageError("several models share one GPU as MIG instances, and those cannot work together",
                         "leave out --tensor-parallel, or ask for each model alone")
    loads = [Load(model=language_models.load(name, args.dtype), context=context, sequences=sequences,
                  kv_dtype=args.kv_dtype, overhead_gib=args.overhead_gib,
                  batched_tokens=args.max_num_batched_tokens or batched_tokens(gpu))
             for name, context, sequences in zip(args.models, _each(args, "contexts", "--context"),
                                                 _each(args, "sequences", "--sequences", default=1), strict=True)]
    partitions = _partitions(gpu) if together else None
    fits = [smallest(load, gpu, utilization=args.utilization, tensor_parallel=args.tensor_parallel,
                     instances_only=together) for load in loads]
    profiles = [fit.found.place.profile for fit in fits if fit.found and fit.found.place.profile]
    placement = _placement(gpu, partitions, profiles) if partitions and len(profiles) == len(fits) else None
    good = all(fit.found for fit in fits) and (placement is None or placement["fits"])
    if args.output == "json":
        print(json.dumps({"gpu": gpu.name, "fits": good, "utilization": args.utilization,
                          "models": [_plain(fit, gpu) for fit in fits],
                          "placement": placement, "notes": _notes(fits)}, indent=2))
        return FITS if good else DOES_NOT_FIT
    for fit in fits:
        print("\n".join(_lines(fit)) + "\n")
    if placement:
        print("\n".join(_placement_lines(gpu, placement)) + "\n")
    elif together:
        print(f"Together on one {gpu.name}: no, not each of them fits on an instance.\n")
    print("\n".join(f"note: {note}" for note in _notes(fits)))
    return FITS if good else DOES_NOT_FIT


def _partitions(gpu: GpuModel) -> Mig:
    if gpu.mig is None:
        able = [name for name in models.names() if models.model(name).mig]
        raise UsageError(f"{gpu.name} has no MIG: it cannot be shared in parts that are isolated",
                         f"ask for each model alone, or take one of: {', '.join(able)}")
    return gpu.mig


def _each(args: argparse.Namespace, field: str, flag: str, default: int | None = None) -> Sequence[int]:
    given: list[int] = getattr(args, field) or ([] if default is None else [default])
    if len(given) == 1:
        return given * len(args.models)
    if len(given) != len(args.models):
        raise UsageError(f"{flag} is given {len(given)} times for {len(args.models)} models",
                         f"give {flag} once, or once for each model in their order")
    return given


def _placement(gpu: GpuModel, partitions: Mig, wanted: Sequence[Profile]) -> dict[str, Any]:
    placed = mig.place(partitions, wanted)
    doubts = {gpu.doubt("mig_placements", profile) for profile in wanted} - {None}
    return {
        "fits": placed is not None,
        "profiles": [profile.name for profile in wanted],
        "resources": [profile.resource for profile in wanted],
        "placed": [{"profile": each.profile.name, "start": each.start, "size": each.profile.size}
                   for each in placed or ()],
        "why_not": list(mig.why_not(partitions, wanted)),
        "still_fits_beside": mig.beside(partitions, wanted) if placed else {},
        "unverified": sorted(doubt for doubt in doubts if doubt),
    }


def _placement_lines(gpu: GpuModel, answer: dict[str, Any]) -> list[str]:
    asked = ", ".join(answer["profiles"])
    lines = [f"Together on one {gpu.name}: {asked}: {'yes' if answer['fits'] else 'no'}"]
    lines += [f"  {each['profile']:12} {_slices(each['start'], each['size'])}" for each in answer["placed"]]
    lines += [f"  {reason}" for reason in answer["why_not"]]
    if answer["fits"]:
        more = ", ".join(f"{count} x {name}" for name, count in answer["still_fits_beside"].items())
        lines.append(f"  beside them still one of these: {more}" if more else "  nothing more fits beside them")
    return lines + [f"  {doubt}" for doubt in answer["unverified"]]


def _slices(start: int, size: int) -> str:
    return f"memory slice {start}" if size == 1 else f"memory slices {start} to {start + size - 1}"


def _lines(fit: Fit) -> list[str]:
    load, tried = fit.load, fit.found or fit.too_small[-1]
    each = f" on each of {tried.place.gpus} GPUs" if tried.place.gpus > 1 else ""
    lines = [
        f"{load.model.name}, {load.sequences} x {load.context} tokens{each}:",
        f"  weights    {tried.need.weights_gib:8.2f} GiB  {load.model.parameters} parameters, {load.model.dtype}",
        f"  KV cache   {tried.need.kv_cache_gib:8.2f} GiB  "
        f"{tried.need.kv_bytes_per_token / 1024:g} KiB a token, {memory.kv_dtype(load)}",
        f"  overhead   {tried.need.overhead_gib:8.2f} GiB  "
        f"{'an estimate' if load.overhead_gib == memory.OVERHEAD_GIB else 'as given'}",
        f"  together   {tried.need.total_gib:8.2f} GiB",
    ]
    if fit.found:
        lines.append(f"  fits {fit.found.place.name}: {_budget(fit.found)}, {fit.found.left_gib:.2f} GiB are left")
    else:
        lines.append("  fits nowhere that was tried")
    if fit.too_small:
        small, names = fit.too_small[-1], " or ".join(each.place.name for each in fit.too_small)
        of = "" if small.need == tried.need else f" of {small.need.total_gib:.2f} GiB there"
        lines.append(f"  not {names}: {_budget(small)}, {-small.left_gib:.2f} GiB{of} are missing")
    return lines + [f"  {doubt}" for doubt in _doubts(fit)]


def _budget(tried: Tried) -> str:
    return f"{tried.budget_gib:.2f} of {tried.place.memory_gib:.2f} GiB may be used"


def _doubts(fit: Fit) -> list[str]:
    tried = (*((fit.found,) if fit.found else ()), *fit.too_small)
    doubts = (fit.load.model.doubt(), *(each.place.doubt for each in tried))
    return list(dict.fromkeys(doubt for doubt in doubts if doubt))


def _plain(fit: Fit, gpu: GpuModel) -> dict[str, Any]:
    load = fit.load
    return {
        "model": load.model.name, "source": load.model.source, "gpu": gpu.name, "context": load.context,
        "sequences": load.sequences, "parameters": load.model.parameters, "dtype": load.model.dtype,
        "kv_dtype": memory.kv_dtype(load), "fits": fit.found is not None,
        "found": _plain_tried(fit.found) if fit.found else None,
        "too_small": [_plain_tried(each) for each in fit.too_small], "unverified": _doubts(fit),
    }


def _plain_tried(tried: Tried) -> dict[str, Any]:
    profile = tried.place.profile
    return {
        "profile": profile.name if profile else None, "resource": profile.resource if profile else "nvidia.com/gpu",
        "gpus": tried.place.gpus, "fits": tried.fits, "memory_gib": tried.place.memory_gib,
        "budget_gib": round(tried.budget_gib, 3), "needed_gib": round(tried.need.total_gib, 3),
        "weights_gib": round(tried.need.weights_gib, 3), "kv_cache_gib": round(tried.need.kv_cache_gib, 3),
        "kv_bytes_per_token": tried.need.kv_bytes_per_token, "overhead_gib": tried.need.overhead_gib,
        "left_gib": round(tried.left_gib, 3),
    }


def _notes(fits: Sequence[Fit]) -> list[str]:
    loads = [fit.load for fit in fits]
    notes = ["this is about memory; whether the compute slices are fast enough only a load test can say"]
    if any(load.overhead_gib == memory.OVERHEAD_GIB for load in loads):
        notes.append(f"the overhead of {memory.OVERHEAD_GIB} GiB is an estimate from four vLLM logs (0.27 to 2.03 "
                     f"GiB); vLLM's own log says what yours is, --overhead-gib takes it")
    notes += [f"{load.model.name}: {load.context} tokens are more than its max_position_embeddings "
              f"{load.model.max_context}: vLLM refuses that" for load in loads
              if load.model.max_context and load.context > load.model.max_context]
    notes += [f"{load.model.name}: {load.model.window_layers} of {load.model.layers} layers keep "
              f"{'a chunk' if load.model.chunked else 'a window'} of {load.model.window} tokens and two batches, while "
              f"vLLM's hybrid KV cache manager is on: --disable-hybrid-kv-cache-manager and some KV connectors turn it "
              f"off"
              for load in loads if 0 < load.model.window_layers < load.model.layers]
    notes += [note for fit in fits for note in _uneven_blocks(fit)]
    notes += [f"{load.model.name}: MXFP4 experts are counted as wide as vLLM's kernels on that GPU take them"
              for load in loads if load.model.dtype == "mxfp4"]
    return notes


def _uneven_blocks(fit: Fit) -> list[str]:
    """vLLM v0.32.0, quantization/utils/fp8_utils.py, validate_fp8_block_shape_moe; some kernels have finer blocks."""
    model, gpus = fit.load.model, fit.found.place.gpus if fit.found else 1
    if not model.block or not model.expert_width or model.expert_width % (model.block * gpus) == 0:
        return []
    return [f"{model.name}: {gpus} GPUs divide its experts, {model.expert_width} wide, into parts that are no multiple "
            f"of the {model.block} of its FP8 blocks: vLLM refuses that on some GPUs and in older versions, "
            f"--enable-expert-parallel avoids it"]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 10**9):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 1000000000, is {text!r}")
    return int(text)


def _share(text: str) -> float:
    return _number(text, above=0, most=1)


def _gib(text: str) -> float:
    return _number(text, above=-1e-9, most=1024)


def _number(text: str, *, above: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = above
    if not above < number <= most:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {most:g}, is {text!r}")
    return number

"""`edi map`: the commands for people who write maps.

Each command only reads its arguments and prints; what it says is made elsewhere: edi/lint.py, edi/map_test.py,
edi/map_show.py, edi/map_coverage.py, edi/guide.py, edi/map_diff.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

import edi
from edi import guide_html, guide_markdown, map_diff_words
from edi.guide import guide_of
from edi.lint import lint_map, lint_shipped
from edi.map_coverage import coverage as covered
from edi.map_coverage_words import lines, to_json
from edi.map_diff import compare
from edi.map_documents import found_in
from edi.map_draft import draft as drafted
from edi.map_samples import wanted
from edi.map_show import merged
from edi.map_test import EVENTS, examined
from edi.map_versions import maps_at, pairs
from edi.mapping import load_map
from edi.terminal import fail

maps = typer.Typer(no_args_is_help=True, help="For people who write maps.")

Partner = Annotated[Path | None, typer.Option("--partner", help="The partner's folder.")]


@maps.command()
def lint(
    references: Annotated[list[str] | None, typer.Argument(help="Maps; without any, all that are shipped.")] = None,
    partner: Partner = None,
    partners: Annotated[Path | None, typer.Option("--partners", help="The folder of all partners.")] = None,
) -> None:
    """What is wrong or doubtful in maps and everything they extend: file, line, column and what to do.

    Exit 1 if there are errors; warnings alone do not count.
    """
    names = sorted(path.name for path in partners.iterdir() if path.is_dir()) if partners is not None else []
    if references:
        found = {reference: lint_map(reference, partner, partners=names) for reference in references}
    else:
        found = {"the shipped maps and schemas": list(lint_shipped(names))}
    for reference, remarks in found.items():
        for remark in remarks:
            typer.echo(f"{remark}" if remark.severity == "error" else f"{remark} (warning)", err=True)
        if not any(remark.severity == "error" for remark in remarks):
            typer.echo(f"{reference}: fine")
    errors = any(remark.severity == "error" for remarks in found.values() for remark in remarks)
    raise typer.Exit(1 if errors else 0)


@maps.command("test")
def examine(
    references: Annotated[list[str] | None, typer.Argument(help="Maps; without any, all of the folder.")] = None,
    partner: Partner = None,
    partners: Annotated[Path | None, typer.Option("--partners", help="The folder of all partners.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Write what was found where a file says otherwise.")] = False,
    events: Annotated[int, typer.Option(min=0, help="How many events are made for the law PutGet.")] = EVENTS,
) -> None:
    """What maps say about their samples, and both laws: what is read is written again, what is written reads back.

    Exit 1 if a case fails. With --update expectations are written anew after the difference is shown, never the map.
    """
    failed = 0
    for reference, folder in wanted(references or [], partner, partners):
        try:
            report = examined(load_map(reference, folder), update=update, events=events)
        except edi.MapError as error:
            failed += 1
            typer.echo(str(error), err=True)
            continue
        failed += report.failed
        for line in report.lines():
            typer.echo(line)
    raise typer.Exit(1 if failed else 0)


@maps.command()
def show(
    reference: str,
    partner: Partner = None,
    code: Annotated[bool, typer.Option("--code/--merged", help="The Python the map was compiled to.")] = False,
) -> None:
    """A map with everything it extends, merged; each row names the file and line it comes from."""
    try:
        map_ = load_map(reference, partner)
    except edi.MapError as error:
        fail(str(error))
    if code:
        typer.echo(map_.source)
        return
    for line in merged(map_, Path.cwd()):
        typer.echo(line)


@maps.command()
def guide(
    reference: str,
    partner: Partner = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write one HTML file; - prints it.")] = None,
    md: Annotated[Path | None, typer.Option("--md", help="Write Markdown; without a file or - it is printed.")] = None,
    since: Annotated[
        str, typer.Option("--since", help="An older version: a map file or folder. Its changes are told.")
    ] = "",
) -> None:
    """The guide for a partner: segments, elements, codes, rules, samples, acknowledgements."""
    map_ = load_map(reference, partner)
    older = maps_at(since, partner).get(map_.identity) if since else None
    if since and older is None:
        fail(f"{since}: there is no {map_.identity}", 2)
    made = guide_of(map_, partner, map_diff_words.news(older, map_) if older is not None else ())
    for file, text in ((html, guide_html.page), (md, guide_markdown.text)):
        if file == Path("-"):
            typer.echo(text(made), nl=False)
        elif file is not None:
            try:
                file.write_text(text(made), encoding="utf-8")
            except OSError as error:
                fail(f"{file}: {error.strerror}", 2)
    if html is None and md is None:
        typer.echo(guide_markdown.text(made), nl=False)


@maps.command()
def diff(
    old: Annotated[str, typer.Argument(help="A map file, a partner's folder, or a map such as x12/004010/855.")],
    new: Annotated[str, typer.Argument(help="The same in its new version.")],
    over: Annotated[Path | None, typer.Option("--over", help="A folder of documents and events, or one file.")] = None,
    partner: Partner = None,
    old_maps: Annotated[Path | None, typer.Option("--old-maps", help="Where OLD finds its bases first.")] = None,
    new_maps: Annotated[Path | None, typer.Option("--new-maps", help="Where NEW finds its bases first.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What differs between two versions of maps, in events, segments and rules, and the version step that needs.

    With --partner only the direction agreed in partner.yaml is compared, and documents are judged as agreed.

    Exit 1 if the new version number is a smaller step than that.
    """
    for folder in (over, old_maps, new_maps):
        if folder is not None and not folder.exists():
            fail(f"{folder}: there is no such folder", 2)
    before = maps_at(old, partner, [old_maps] if old_maps else [])
    after = maps_at(new, partner, [new_maps] if new_maps else [])
    profile = edi.load_profile(partner) if partner is not None and (partner / "partner.yaml").is_file() else None
    found = [
        compare(
            one,
            other,
            found_in([over], one, partner) if over is not None else (),
            profile.about(other.identity) if profile is not None else (),
        )
        for _, one, other in pairs(before, after)
        if one is not None and other is not None
    ]
    alone = {name: "new" if one is None else "gone" for name, one, other in pairs(before, after) if not (one and other)}
    if as_json:
        made = [map_diff_words.to_json(one) for one in found]
        typer.echo(json.dumps({"maps": made, "without_counterpart": alone}, indent=2, ensure_ascii=False))
    else:
        for line in map_diff_words.lines(found, alone, str(over) if over is not None else ""):
            typer.echo(line)
    raise typer.Exit(0 if all(one.honest for one in found) else 1)


@maps.command()
def coverage(
    reference: str,
    over: Annotated[Path, typer.Option("--over", help="A folder of documents and events, or one file.")],
    partner: Partner = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What documents and events have and the map does not carry, and what of the map none of them exercises.

    Exit 1 if anything is not carried, or a required row was never exercised.
    """
    if not over.exists():
        fail(f"{over}: there is no such folder", 2)
    map_ = load_map(reference, partner)
    found = covered(map_, found_in([over], map_, partner))
    if as_json:
        typer.echo(json.dumps(to_json(found, str(over)), indent=2, ensure_ascii=False))
    else:
        for line in lines(found, str(over)):
            typer.echo(line)
    raise typer.Exit(0 if found.clean else 1)


@maps.command()
def draft(
    samples: Annotated[list[Path], typer.Argument(help="Documents of the partner, or folders of them.")],
    base: Annotated[str, typer.Option("--base", help="The map to start from, such as x12/004010/855.")],
    partner_id: Annotated[str, typer.Option("--partner-id", help="The id of the partner.")] = "partner",
) -> None:
    """A partner's map from sample documents, on standard output; every row says what it rests on."""
    for path in samples:
        if not path.exists():
            fail(f"{path}: there is no such file or folder", 2)
    typer.echo(drafted(load_map(base), samples, partner_id), nl=False)

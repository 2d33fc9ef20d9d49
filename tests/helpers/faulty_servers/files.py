"""Files with the wrong description, digests or expiry."""

from __future__ import annotations

from helpers.faulty_servers.mutants import TOKEN, Request, Response, on_request, on_response

UPLOAD = "createFile"


def reads_file(request: Request) -> bool:
    """Return whether a request reads the description of a file."""
    return request.method == "GET" and "/files/" in request.path


@on_request("describes files without a token", "file-described")
def _(request: Request) -> Response:
    if reads_file(request):
        request.headers["authorization"] = f"Bearer {TOKEN}"
    return request.forward()


@on_request("has the content where the description belongs", "file-described")
def _(request: Request) -> Response:
    response = request.forward()
    if reads_file(request) and response.status == 200:
        return Response(200, {"content-type": "application/octet-stream"}, b"content")
    return response


@on_response("names no description of a file", "file-described", UPLOAD)
def _(response: Response, request: Request) -> None:
    if response.status == 201:
        response.body["urls"]["get"] += "x"


@on_response("has digests of something else", "file-digests", UPLOAD)
def _(response: Response, request: Request) -> None:
    if response.status == 201:
        response.body["checksums"]["sha256"] = "0" * 64


@on_response("takes half a digest for an etag", "file-digests", UPLOAD)
def _(response: Response, request: Request) -> None:
    if response.status == 201:
        response.body["etag"] = response.body["checksums"]["sha256"][:32]


@on_response("has no digests", "file-digests", UPLOAD)
def _(response: Response, request: Request) -> None:
    response.body.pop("checksums", None)


@on_response("removes files at once", "file-expires", UPLOAD)
def _(response: Response, request: Request) -> None:
    if response.status == 201:
        response.body["expires_at"] = response.body["created_at"]

"""Write the OpenAPI documents and both clients: `python -m deploy.sdk [FOLDER]`, by default to build/sdk."""

import sys
from pathlib import Path

from deploy.sdk.documents import write_documents
from deploy.sdk.npm import NpmFailed
from deploy.sdk.python_client import GeneratorFailed, write_python_client
from deploy.sdk.typescript_client import TypeScriptFailed, write_typescript_client
from shared.settings import ROOT


def write_sdk(folder: Path) -> None:
    """Write documents, Python client and TypeScript client. Raises NpmFailed, GeneratorFailed or TypeScriptFailed."""
    documents = write_documents(folder / "openapi")
    write_python_client(documents, folder / "python")
    write_typescript_client(documents, folder / "typescript")


def main() -> int:
    """Write the clients and return the exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "sdk"
    try:
        write_sdk(folder)
    except (NpmFailed, GeneratorFailed, TypeScriptFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"OpenAPI documents, Python client and TypeScript client are in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

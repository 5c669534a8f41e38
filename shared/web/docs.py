"""Documentation pages: Swagger UI from local files, the event catalogue, AsyncAPI."""

from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from shared.web.security_headers import of_page

DESCRIPTION = (
    "事件目录（有哪些事件、何时发布、谁据此办理、字段和示例）：[/docs/events](/docs/events)　"
    "AsyncAPI 3 文档：[/asyncapi.json](/asyncapi.json)"
)


def mount_docs(app: FastAPI) -> None:
    """Serve /docs with its assets, /docs/events and /asyncapi.json."""
    app.description = DESCRIPTION
    app.mount("/assets", StaticFiles(directory=str(files("fastapi_offline") / "static")), name="assets")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/assets/swagger-ui-bundle.js",
            swagger_css_url="/assets/swagger-ui.css",
            swagger_favicon_url="/assets/favicon.png",
        )
        page.headers.update(of_page(bytes(page.body).decode()))
        return page

    @app.get("/docs/events", include_in_schema=False)
    async def event_catalogue() -> HTMLResponse:
        from shared.events.catalogue.page import page  # the brokers' client is loaded only where it is needed

        html = page()
        return HTMLResponse(html, headers=of_page(html))

    @app.get("/asyncapi.json", include_in_schema=False)
    async def asyncapi_document(request: Request) -> dict[str, Any]:
        from shared.events.asyncapi import document

        instance = request.app.state.instance
        return document(instance.service, instance.settings)

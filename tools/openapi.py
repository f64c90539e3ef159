"""Write the API's own description for the client: `python -m tools.openapi`.

`npm run api` in client/ then makes its types from it.
"""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Final

from balai.bell import Bell
from balai.database import Database
from balai.settings import Settings
from balai.web.build import build_web
from balai.wire import StagePortClient

DESCRIPTION: Final = Path(__file__).parents[1] / "client" / "openapi.json"


def description() -> str:
    """Give the description as it is committed: the same text for the same API."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        settings.run_path.mkdir(parents=True)
        database, bell = Database(settings.database_path), Bell(settings.run_path)
        app = build_web(settings, database, bell, StagePortClient(settings.run_path))
        described = app.openapi()
        database.close()
        asyncio.run(bell.close())
        return json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DESCRIPTION.write_text(description(), encoding="utf-8")

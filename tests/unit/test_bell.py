import asyncio
import sys
from pathlib import Path

from balai.bell import Bell


async def test_a_ring_reaches_every_ear_of_every_bell(tmp_path: Path) -> None:
    one, two = await Bell(tmp_path).open(), await Bell(tmp_path).open()
    ears = [one.listen(), one.listen(), two.listen()]
    one.ring()
    async with asyncio.timeout(5):
        for ear in ears:
            await ear.heard()
    await one.close()
    await two.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_ring_before_the_waiting_counts_and_many_count_as_one(tmp_path: Path) -> None:
    bell = await Bell(tmp_path).open()
    ear, other = bell.listen(), bell.listen()
    for _ in range(5_000):
        bell.ring()
    async with asyncio.timeout(5):
        await ear.heard()
        await other.heard()
    waiting = asyncio.create_task(ear.heard())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    await bell.close()


async def test_the_socket_of_a_killed_process_is_swept_by_the_next_ring(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, signal, sys; from pathlib import Path\n"
        "from balai.bell import Bell\n"
        "async def run():\n"
        "    await Bell(Path(sys.argv[1])).open(); os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(run())"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(tmp_path))
    await child.wait()
    assert len(list(tmp_path.iterdir())) == 1
    bell = await Bell(tmp_path).open()
    ear = bell.listen()
    bell.ring()
    await asyncio.wait_for(ear.heard(), 5)
    assert len(list(tmp_path.iterdir())) == 1
    await bell.close()


async def test_a_very_long_folder_name_works(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    bell = await Bell(folder).open()
    ear = bell.listen()
    bell.ring()
    await asyncio.wait_for(ear.heard(), 5)
    await bell.close()

"""A page as a real browser has it, without a network."""
import shutil
import subprocess
import tempfile
import unittest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needed = unittest.skipUnless(BROWSER, "no chromium in PATH: the page is not looked at")


def shown(case, path, address="", script=None, budget_ms=6000):
    """The page as the browser has it after its scripts ran; `script` runs behind them."""
    if script:
        path = case.write("tried.html", path.read_text().replace("</body>", f"<script>{script}</script></body>"))
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--proxy-server=127.0.0.1:9", "--enable-logging=stderr", f"--user-data-dir={profile}",
             f"--virtual-time-budget={budget_ms}", "--dump-dom", f"file://{path}{address}"],
            capture_output=True, timeout=120)
    case.assertEqual(done.returncode, 0, done.stderr.decode())
    said = [line for line in done.stderr.decode().splitlines() if "CONSOLE" in line]
    case.assertEqual(said, [], "the page says something on the console")
    return done.stdout.decode()

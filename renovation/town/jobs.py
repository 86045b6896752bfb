"""A town's process for long work: it takes one piece after the other from the queue in PostgreSQL."""

from __future__ import annotations

import logging

from procrastinate import PsycopgConnector

from renovation.config import settings
from renovation.errors import RenovationError
from renovation.services.house import jobs
from renovation.services.house.process import give_way, keep_messages
from renovation.services.house.work import runners
from renovation.store import shared_store
from renovation.store.house import queue

#: Every night at half past two in China; a worker's clock is UTC.
_NIGHTLY = "30 18 * * *"
#: Who is asked to end finishes what is under way, a backup above all.
_LAST_ACTS_S = 240.0


def main() -> None:
    """Do what is in the queue, until this process is asked to end."""
    here = settings()
    keep_messages(here.logs, here.logs_days, "jobs")
    give_way()
    store = shared_store(here.database_url, here.key_dir)
    queue.lay(store)
    runners.end_broken_off(store)
    app = queue.app(PsycopgConnector(conninfo=queue.conninfo(store), min_size=1, max_size=4))
    logger = logging.getLogger("renovation")

    @app.task(name=queue.TASK, queue=queue.QUEUE)
    def work(number: int) -> str:
        state = runners.do_job(store, number)
        logger.info("Job %d: %s", number, state.value)
        return state.value

    @app.periodic(cron=_NIGHTLY)
    @app.task(name=f"{queue.TASK}.nightly", queue=queue.QUEUE)
    def nightly(timestamp: int) -> None:
        del timestamp
        try:
            jobs.ask_nightly(store, here.backup_dir)
        except RenovationError as error:
            logger.warning("Nightly backup: %s", error.code)

    app.run_worker(queues=[queue.QUEUE], delete_jobs="successful", shutdown_graceful_timeout=_LAST_ACTS_S)


if __name__ == "__main__":
    main()

"""What slim environments share that build packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .environment import SlimEnvironment

if TYPE_CHECKING:
    from tox.config.sets import EnvConfigSet
    from tox.tox_env.api import ToxEnvCreateArgs
    from tox.tox_env.runner import RunToxEnv


class PackagingEnvironment(SlimEnvironment):
    """What those that build packages share: they end with the last run environment that uses them."""

    PACKAGING = True
    SEEDS: tuple[str, ...] = ()

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Prepare; nothing is created before tox sets the environment up."""
        self._users: set[str] = set()
        super().__init__(create_args)

    def mark_active_run_env(self, run_env: RunToxEnv) -> None:
        """Mark a run environment as active, so that this one stays until it is torn down."""
        self._users.add(run_env.conf.name)
        super().mark_active_run_env(run_env)  # type: ignore[misc]  # of tox's class, which comes behind this one

    def teardown_env(self, conf: EnvConfigSet) -> None:
        """End what a run environment has to do with this one, and with the last of them the run in it."""
        super().teardown_env(conf)  # type: ignore[misc]  # of tox's class, which comes behind this one
        self._users.discard(conf.name)
        if not self._users:
            self.finish()

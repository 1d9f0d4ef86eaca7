"""`environment.properties` and, in CI, `executor.json`: what an Allure report says about its run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, SettingsConfigDict

from support.redaction import redacted


class ContinuousIntegration(BaseSettings):
    """What the variables of GitHub Actions and GitLab CI say of this job; they are no settings of the suite."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=False, env_ignore_empty=True)

    github_server_url: str | None = None
    github_repository: str | None = None
    github_workflow: str = "workflow"
    github_run_id: str | None = None
    github_run_number: int | None = None
    ci_pipeline_iid: int | None = None
    ci_job_url: str | None = None
    ci_job_name: str = "job"
    report_url: str | None = None

    def executor(self) -> dict[str, Any] | None:
        """Return the job in the format of `executor.json`, or None outside of CI."""
        if self.github_run_id and self.github_repository:
            url = f"{self.github_server_url}/{self.github_repository}/actions/runs/{self.github_run_id}"
            job = ("GitHub Actions", "github", self.github_workflow, self.github_run_number, url)
        elif self.ci_job_url:
            job = ("GitLab CI", "gitlab", self.ci_job_name, self.ci_pipeline_iid, self.ci_job_url)
        else:
            return None
        name, kind, build, number, url = job
        found = {"name": name, "type": kind, "buildName": f"{build} #{number}", "buildOrder": number, "buildUrl": url}
        return {**found, "reportUrl": self.report_url} if self.report_url else found


def write_environment(folder: Path, identity: Mapping[str, Any]) -> None:
    """Write the identity of the run, one property a line."""
    lines = (f"{_escaped(name, key=True)}={_escaped(redacted(str(value)))}" for name, value in identity.items())
    (folder / "environment.properties").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_executor(folder: Path, ci: ContinuousIntegration | None = None) -> None:
    """Write which job of which CI made the results; nothing outside of CI."""
    executor = (ci or ContinuousIntegration()).executor()
    if executor is not None:
        (folder / "executor.json").write_text(json.dumps(executor, indent=2), encoding="utf-8")


def _escaped(text: str, key: bool = False) -> str:
    """Return a text, escaped for a file of Java properties."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    for sign in " :=#!" if key else "":
        text = text.replace(sign, f"\\{sign}")
    return text

import { defineConfig } from "allure";

// Each scenario has its outcome as a label, in the words of the run's last line.
const category = (name) => ({
  name,
  matchers: { labels: { outcome: new RegExp(`^${name.toLowerCase()}$`) } },
  groupBy: [{ label: "rule" }],
  groupByMessage: false,
  expand: true,
});

export default defineConfig({
  name: "Users acceptance",
  output: "reports/allure",
  historyPath: process.env.REPORT_HISTORY || "reports/history/allure.jsonl",
  historyLimit: 50,
  appendHistory: true,
  hideLabels: ["framework", "language"],
  globalAttachments: process.env.RUN_SUMMARY ? [process.env.RUN_SUMMARY] : [],
  categories: [
    category("Contract broken"),
    category("Left behind"),
    category("Configuration error"),
    category("Target down"),
    category("Inconclusive"),
    category("Known deviation"),
  ],
  plugins: {
    awesome: {
      options: {
        reportName: "Users acceptance",
        singleFile: process.env.SINGLE_FILE === "true",
        reportLanguage: "en",
        groupBy: ["epic", "feature", "story"],
        defaultSortBy: "order,asc",
      },
    },
  },
});

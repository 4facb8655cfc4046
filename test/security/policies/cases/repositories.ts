/** Allowed arguments of tools, and values of theirs that the ready policies forbid. */

import type { Cases } from "./cases.ts";

const SECRETS = ["{folder}/.env", "{folder}/.ssh/id", "{folder}/sub/key.pem", ".env", "{folder}/sub/../.env"];
const HOOKS = ["{folder}/.git/hooks", "{folder}/.vscode", "{folder}/.github/w.yml", "{folder}/node_modules"];
const OPTIONS = ["-x", "--output={folder}/x", "a b", "a;b", "a\n"];
const OUTSIDE = ["{folder}/repo/../other", "{folder}/repo/..", "../other"];

export const REPOSITORIES: Readonly<Record<string, Cases>> = {
  filesystem: {
    args: {
      read_text_file: { path: "{folder}/sub/a.txt" },
      read_file: { path: "{folder}/sub/a.txt" },
      read_media_file: { path: "{folder}/sub/a.png" },
      list_directory: { path: "{folder}/sub" },
      list_directory_with_sizes: { path: "{folder}/sub" },
      get_file_info: { path: "{folder}/sub/a.txt" },
      search_files: { path: "{folder}/sub", pattern: "*" },
      directory_tree: { path: "{folder}/sub" },
      create_directory: { path: "{folder}/sub/new" },
      write_file: { path: "{folder}/sub/b.txt", content: "hello" },
      edit_file: { path: "{folder}/sub/a.txt", edits: [{ oldText: "plain", newText: "b" }] },
      move_file: { source: "{folder}/sub/a.txt", destination: "{folder}/sub/moved.txt" },
    },
    forbidden: {
      "*.path": SECRETS,
      "list_directory.path": ["{folder}/.ssh"],
      "list_directory_with_sizes.path": ["{folder}/.ssh"],
      "search_files.path": ["{folder}/.ssh"],
      "directory_tree.path": ["{folder}/.ssh"],
      "create_directory.path": ["{folder}/.ssh/new", ...HOOKS],
      "write_file.path": [...SECRETS, ...HOOKS],
      "edit_file.path": ["{folder}/.env", "{folder}/.github/w.yml"],
      "move_file.source": ["{folder}/.env", "{folder}/.github/w.yml"],
      "move_file.destination": ["{folder}/.ssh/b", "{folder}/.git/hooks/x"],
      "edit_file.edits": [
        Array.from({ length: 51 }, () => ({ oldText: "plain", newText: "plain" })),
        [{ oldText: "plain", newText: "b".repeat(262144) }],
      ],
    },
  },
  git: {
    args: {
      git_status: { repo_path: "{folder}/repo" },
      git_diff_unstaged: { repo_path: "{folder}/repo" },
      git_diff_staged: { repo_path: "{folder}/repo" },
      git_diff: { repo_path: "{folder}/repo", target: "HEAD" },
      git_show: { repo_path: "{folder}/repo", revision: "HEAD" },
      git_log: { repo_path: "{folder}/repo" },
      git_branch: { repo_path: "{folder}/repo", branch_type: "local" },
      git_add: { repo_path: "{folder}/repo", files: ["a.txt"] },
      git_commit: { repo_path: "{folder}/repo", message: "fix: the bound" },
      git_create_branch: { repo_path: "{folder}/repo", branch_name: "fix/a" },
      git_checkout: { repo_path: "{folder}/repo", branch_name: "main" },
    },
    forbidden: {
      "*.repo_path": OUTSIDE,
      "git_diff.target": OPTIONS,
      "git_show.revision": OPTIONS,
      "git_log.start_timestamp": ["-x", "--all"],
      "git_log.end_timestamp": ["-x", "--all"],
      "git_branch.contains": ["-D"],
      "git_branch.not_contains": ["-D"],
      "git_branch.branch_type": ["other", "-D"],
      "git_add.files": [
        ["."],
        ["-A"],
        [":/"],
        ["*"],
        ["../other"],
        ["a.txt", "-A"],
        Array.from({ length: 51 }, (_, i) => `f${i}`),
      ],
      "git_commit.message": ["short", "a".repeat(5001)],
      "git_create_branch.branch_name": OPTIONS,
      "git_create_branch.base_branch": ["-D"],
      "git_checkout.branch_name": [...OPTIONS, "--orphan"],
    },
  },
  github: {
    args: {
      get_job_logs: { owner: "o", repo: "r", job_id: 1, return_content: true, tail_lines: 100 },
      create_branch: { owner: "o", repo: "r", branch: "fix/a", from_branch: "dev" },
      create_or_update_file: {
        owner: "o",
        repo: "r",
        branch: "fix/typo",
        path: "docs/a.md",
        content: "x",
        message: "m",
      },
      create_pull_request: { owner: "o", repo: "r", title: "t", head: "fix/a", base: "dev" },
      update_pull_request: { owner: "o", repo: "r", pullNumber: 1, title: "t" },
      pull_request_review_write: {
        owner: "o",
        repo: "r",
        pullNumber: 1,
        method: "create",
        event: "COMMENT",
        body: "ok",
      },
      add_comment_to_pending_review: {
        owner: "o",
        repo: "r",
        pullNumber: 1,
        path: "a",
        body: "b",
        subjectType: "FILE",
      },
      add_reply_to_pull_request_comment: { owner: "o", repo: "r", pullNumber: 1, commentId: 1, body: "b" },
      issue_write: { method: "create", owner: "o", repo: "r", title: "t" },
      add_issue_comment: { owner: "o", repo: "r", issue_number: 1, body: "b" },
      label_write: { method: "create", owner: "o", repo: "r", name: "n", color: "ffffff" },
      discussion_comment_write: { method: "add", owner: "o", repo: "r", discussionNumber: 1, body: "b" },
      actions_run_trigger: { owner: "o", repo: "r", method: "rerun_failed_jobs", run_id: 1 },
    },
    forbidden: {
      "*.branch": ["main", "refs/heads/main", "release/1"],
      "create_or_update_file.path": ["/etc/x", ".github/workflows/a.yml", "CODEOWNERS", "a/../b", "a//b"],
      "create_or_update_file.allow_symlink_write": [true, false],
      "pull_request_review_write.event": ["APPROVE"],
      "pull_request_review_write.method": ["delete_pending"],
      "label_write.method": ["delete"],
      "discussion_comment_write.method": ["delete", "update"],
      "actions_run_trigger.method": ["run_workflow", "delete_workflow_run_logs"],
    },
  },
  memory: {
    args: {
      search_nodes: { query: "a" },
      open_nodes: { names: ["a"] },
      create_entities: { entities: [{ name: "n", entityType: "t", observations: ["o"] }] },
      create_relations: { relations: [{ from: "a", to: "b", relationType: "r" }] },
      add_observations: { observations: [{ entityName: "a", contents: ["c"] }] },
    },
    forbidden: {
      "open_nodes.names": [["a", "b", ...Array.from({ length: 49 }, (_, i) => `n${i}`)]],
      "create_entities.entities": [
        Array.from({ length: 21 }, (_, i) => ({ name: `n${i}`, entityType: "t", observations: [] })),
        [{ name: "n", entityType: "t", observations: ["o".repeat(32768)] }],
      ],
      "create_relations.relations": [
        Array.from({ length: 51 }, (_, i) => ({ from: "a", to: `b${i}`, relationType: "r" })),
        [{ from: "a", to: "b", relationType: "r".repeat(32768) }],
      ],
      "add_observations.observations": [
        Array.from({ length: 21 }, (_, i) => ({ entityName: "a", contents: [`c${i}`] })),
        [{ entityName: "a", contents: ["c".repeat(16384)] }],
      ],
    },
  },
};

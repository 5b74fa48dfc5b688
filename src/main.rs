//! Exit codes and nothing else: 0 fine, 1 findings or stale output, 2 could not do the job.

fn main() -> std::process::ExitCode {
    noren::cli::run(std::env::args_os()).into()
}

//! Paths as the project file writes them: relative, with `/`, and never out of the project.

/// The path without `.` segments and doubled or trailing slashes. `Err` where it is absolute, has `..`, a drive
/// letter, a backslash or a control character.
pub(super) fn inside(written: &str) -> Result<String, ()> {
    let foreign = |character: char| character == '\\' || character.is_control();
    if written.starts_with('/') || written.contains(foreign) || written.as_bytes().get(1) == Some(&b':') {
        return Err(());
    }
    let segments: Vec<&str> = written.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
    if segments.contains(&"..") { Err(()) } else { Ok(segments.join("/")) }
}

/// Whether the text is one or more globs' characters away from a plain path.
pub(super) fn is_glob(written: &str) -> bool {
    written.contains(['*', '?', '[', '{'])
}

/// The folders before the first segment with a glob character: where a walk begins.
pub(super) fn fixed_prefix(glob: &str) -> String {
    let segments: Vec<&str> = glob.split('/').collect();
    let fixed = segments.iter().take_while(|segment| !is_glob(segment)).copied().collect::<Vec<_>>();
    fixed.join("/")
}

/// A folder that psql takes for nothing else but a folder, in every place where it may stand.
pub(super) fn is_safe_for_psql(dir: &str) -> bool {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./".contains(character);
    !dir.is_empty() && dir.chars().all(plain) && !dir.starts_with('-') && !dir.split('/').any(|segment| segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(inside("./a//b/"), Ok("a/b".to_owned()));
        for outside in ["/etc", "a/../..", "..", "C:x", "a\\b", "a\nb"] {
            assert_eq!(inside(outside), Err(()), "{outside}");
        }
    }

    #[test]
    fn walks_begin_below_the_fixed_part() {
        assert_eq!(fixed_prefix("policies/**/*.noren"), "policies");
        assert_eq!(fixed_prefix("*.noren"), "");
    }

    #[test]
    fn psql_never_sees_a_command() {
        for bad in ["|rm", "a b", "`id`", ":x", "'", "-x", "a/../b", ""] {
            assert!(!is_safe_for_psql(bad), "{bad}");
        }
        assert!(is_safe_for_psql("/var/exports/data-1"));
    }
}

//! `noren verify` on the samples, as its users run it.

use crate::support;

#[test]
fn the_samples_hold() {
    if support::server(None).is_none() {
        return;
    }
    for sample in ["expense", "clinic", "storefront"] {
        let folder = support::root().join("policies").join(sample);
        let output = support::run(support::noren().arg("-C").arg(&folder).arg("verify"));
        support::succeeded(&output, sample);
    }
}

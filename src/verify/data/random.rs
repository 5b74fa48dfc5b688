//! Numbers that a seed decides.

/// Same seed, same numbers (splitmix64).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Numbers of one subject's own, so that a table more in the schema changes no other table's rows.
    pub(super) fn of(seed: u64, subject: &str) -> Self {
        let hash = subject
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0, without the limit; 0 where that is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// One chance in so many.
    pub(super) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).ok()?)
    }

    pub(super) fn text_of(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).filter_map(|_| self.pick(&letters).copied()).collect()
    }

    pub(super) fn digits(&mut self, length: usize) -> String {
        self.text_of("0123456789", length)
    }

    pub(super) fn hex(&mut self, length: usize) -> String {
        self.text_of("0123456789abcdef", length)
    }

    /// Ten letters and digits that occur nowhere else: what a leak is searched by.
    pub(super) fn token(&mut self) -> String {
        self.text_of("bcdfghjkmnpqrstvwxz", 1) + &self.text_of("bcdfghjkmnpqrstvwxz23456789", 9)
    }
}

//! Comma-separated values as RFC 4180 says and PostgreSQL's COPY writes them: a field in quotes may hold commas, line
//! ends and doubled quotes; an empty field without quotes is NULL, one with quotes is the empty string.

/// Where a text is no CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What was expected and found.
    pub what: String,
}

/// A record's fields; `None` is NULL.
pub type Record = Vec<Option<String>>;

/// All records. A byte order mark is skipped, and so are empty lines at the end.
///
/// # Errors
/// A quote that is not closed, or text beside a quoted field; records of different lengths.
pub fn parse(text: &str) -> Result<Vec<Record>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches(['\r', '\n']);
    let mut reader = Reader { rest: text, line: 1 };
    let mut records: Vec<Record> = Vec::new();
    while !text.is_empty() {
        let line = reader.line;
        let (record, ends) = reader.record()?;
        let wanted = records.first().map_or(record.len(), Vec::len);
        if record.len() != wanted {
            let what = format!("expected {wanted} fields as in the first line, found {}", record.len());
            return Err(Fault { line, what });
        }
        records.push(record);
        if ends {
            break;
        }
    }
    Ok(records)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

/// What follows a field.
enum Next {
    Field,
    Record,
    End,
}

impl Reader<'_> {
    /// One record, and whether it was the last.
    fn record(&mut self) -> Result<(Record, bool), Fault> {
        let mut record = Record::new();
        loop {
            record.push(if self.rest.starts_with('"') { Some(self.quoted()?) } else { self.bare()? });
            match self.next()? {
                Next::Field => {}
                Next::Record => return Ok((record, false)),
                Next::End => return Ok((record, true)),
            }
        }
    }

    fn fault<T>(&self, what: &str) -> Result<T, Fault> {
        Err(Fault { line: self.line, what: what.to_owned() })
    }

    fn bare(&mut self) -> Result<Option<String>, Fault> {
        let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        if field.contains('"') {
            return self.fault("expected a field with a quote to stand in quotes, the quote doubled");
        }
        self.rest = rest;
        Ok((!field.is_empty()).then(|| field.to_owned()))
    }

    fn quoted(&mut self) -> Result<String, Fault> {
        let mut field = String::new();
        self.rest = self.rest.get(1..).unwrap_or_default();
        loop {
            let Some(end) = self.rest.find('"') else { return self.fault("expected a closing quote, found none") };
            let (part, rest) = self.rest.split_at(end);
            self.line += part.matches('\n').count();
            field.push_str(part);
            let Some(more) = rest.strip_prefix("\"\"") else {
                self.rest = rest.get(1..).unwrap_or_default();
                return Ok(field);
            };
            self.rest = more;
            field.push('"');
        }
    }

    fn next(&mut self) -> Result<Next, Fault> {
        if self.rest.is_empty() {
            return Ok(Next::End);
        }
        if let Some(rest) = self.rest.strip_prefix(',') {
            self.rest = rest;
            return Ok(Next::Field);
        }
        let Some(rest) = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n')) else {
            return self.fault("expected a comma or the end of the line behind a field");
        };
        self.rest = rest;
        self.line += 1;
        Ok(Next::Record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &[Option<&str>]) -> Record {
        fields.iter().map(|field| field.map(str::to_owned)).collect()
    }

    #[test]
    fn fields_are_read_as_copy_writes_them() {
        let text = "\u{feff}a,b\r\n\"x,\"\"y\"\"\n\",\n\"\",名前\n\n";
        let expected =
            [record(&[Some("a"), Some("b")]), record(&[Some("x,\"y\"\n"), None]), record(&[Some(""), Some("名前")])];
        assert_eq!(parse(text), Ok(expected.to_vec()));
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("a"), Ok(vec![record(&[Some("a")])]));
        assert_eq!(parse("a,\nb,c"), Ok(vec![record(&[Some("a"), None]), record(&[Some("b"), Some("c")])]));
    }

    #[test]
    fn what_is_no_csv_is_refused_with_its_line() {
        for (text, line) in
            [("a\n\"b", 2), ("a\"b", 1), ("\"a\"b", 1), ("a,b\nc", 2), ("\"a\nb\"\nx\"", 3), ("a\rb", 1)]
        {
            assert_eq!(parse(text).map_err(|fault| fault.line), Err(line), "{text:?}");
        }
    }
}

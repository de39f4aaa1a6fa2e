//! Parses a stream like a browser: server-sent events after WHATWG HTML, 9.2.6, implemented independently of
//! the server.

/// One event, as an `EventSource` gives it to a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: String,
}

/// For any bytes, the events of a prefix are a prefix of the events of the whole, and all kinds of line ends
/// are equivalent.
pub(crate) fn hold_frames(bytes: &[u8]) {
    let all = frames(bytes);
    // Not after each byte of a long stream, because each step reads everything again.
    for cut in (0..bytes.len()).step_by(bytes.len() / 100 + 1) {
        assert!(all.starts_with(&frames(&bytes[..cut])), "{cut} of {}", bytes.escape_ascii());
    }
    let text = String::from_utf8_lossy(bytes).replace('\r', "");
    for end in ["\r", "\r\n"] {
        assert_eq!(frames(text.replace('\n', end).as_bytes()), frames(text.as_bytes()), "{text:?}");
    }
}

/// Reads the events that are complete.
pub(crate) fn frames(bytes: &[u8]) -> Vec<Frame> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut frames = Vec::new();
    let (mut name, mut id, mut data) = (String::new(), String::new(), String::new());
    // A line without its end is not complete yet.
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        if line.is_empty() {
            // Without data there is no event.
            if data.pop().is_some() {
                let name = if name.is_empty() { "message".to_owned() } else { name.clone() };
                frames.push(Frame { name, id: id.clone(), data: std::mem::take(&mut data) });
            }
            name.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = value.to_owned(),
            "data" => data.extend([value, "\n"]),
            "id" if !value.contains('\0') => id = value.to_owned(),
            _ => {}
        }
    }
    frames
}

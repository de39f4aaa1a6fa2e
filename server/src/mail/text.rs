//! The texts of all mails.
//!
//! A mail contains no text that somebody else could have chosen, not even the name of the account, because
//! anybody can create one with any name for any address. The user agent is shown as a label from our own
//! table, and is still escaped. Each mail has exactly one link.

use std::fmt::Write;

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use multi_session::http::SessionHttp;
use multi_session::{Mail, MailKind, Purpose, Timestamp};
use url::form_urlencoded;

use crate::service::Accent;
use crate::{Color, Config};

/// The default colour of the button.
const ACCENT: &str = "#2f5bd7";

/// The name of the service, and the colours of the button.
pub(super) struct Look {
    service: String,
    button: String,
    on_button: String,
}

impl Look {
    pub(super) fn new(config: &Config) -> Self {
        let accent = config.accent_color.map(Accent::light);
        let text =
            |color: Option<Color>, default: &str| color.map_or(default.to_owned(), |it| it.to_string());
        Self {
            service: config.service_name.clone(),
            button: text(accent.map(|it| it.accent), ACCENT),
            on_button: text(accent.map(|it| it.on_accent), "#ffffff"),
        }
    }
}

/// The text of one mail.
struct Words {
    subject: String,
    /// Before the facts.
    says: String,
    /// Between the facts and the link.
    then: &'static str,
    link: &'static str,
    /// Below the link.
    finally: &'static str,
}

fn words(kind: MailKind, service: &str) -> Words {
    let if_it_was_you = |subject, says| Words {
        subject,
        says,
        then: "If it was you, you don't need to do anything. If it wasn't, secure your account: we'll sign out every \
               device, and you choose a new password.",
        link: "This wasn't me",
        finally: "The link shows what will happen and asks you once more. It works once, within 7 days.",
    };
    match kind {
        MailKind::PasswordReset => Words {
            subject: format!("Reset your {service} password"),
            says: "We received a request to reset the password for this account.".to_owned(),
            then: "If it was you, choose a new password now. The link works once, within 30 minutes, and signs you out \
                   on every device.",
            link: "Choose a new password",
            finally: "If it wasn't you, ignore this email. Your password stays as it is.",
        },
        MailKind::NewDevice => if_it_was_you(
            format!("New sign-in to your {service} account"),
            format!("Someone signed in to your {service} account from a new device."),
        ),
        MailKind::PasswordLocked => Words {
            subject: format!("Choose a new {service} password"),
            says: format!(
                "A sign-in to your {service} account was reported as not yours. All other devices are signed out and \
                 your old password no longer works."
            ),
            then: "Choose a new one now. The link works once, within 30 minutes, and signs you out on every device.",
            link: "Choose a new password",
            finally: "If the link has expired, use \"Forgot your password?\" on the sign-in page. If it wasn't you who \
                      reported it, choose a new password all the same: then only you are signed in.",
        },
        MailKind::PasswordChanged => if_it_was_you(
            format!("Your {service} password was changed"),
            format!("The password for your {service} account was changed."),
        ),
        _ => Words {
            subject: format!("About your {service} account"),
            says: format!("Something has happened to your {service} account."),
            then: "Follow this link to learn more.",
            link: "Learn more",
            finally: "It works once.",
        },
    }
}

/// Writes a mail.
pub(super) fn written(
    mail: &Mail,
    from: Mailbox,
    base_url: &str,
    look: &Look,
) -> Result<Message, lettre::error::Error> {
    let words = words(mail.kind, &look.service);
    let facts = facts(mail);
    let link = link(mail, base_url);
    let domain = from.email.domain().to_owned();
    // Never with the name, which was chosen by whoever created the account.
    let to = mail.to.parse().map(|address| Mailbox::new(None, address));
    let to = to.map_err(|_| lettre::error::Error::MissingTo)?;
    Message::builder()
        .from(from)
        .to(to)
        .subject(&*words.subject)
        .message_id(Some(format!("<{}@{domain}>", mail.id())))
        // Prevents out-of-office replies (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(
            plain(&words, &facts, &link, look),
            html(&words, &facts, &link, look),
        ))
}

/// The address of the link.
fn link(mail: &Mail, base_url: &str) -> String {
    let token = mail.token.to_text();
    match (mail.kind.purpose(), &mail.redirect_to) {
        (Purpose::NotMe, _) => format!("{base_url}/not-me?token={token}"),
        (_, None) => format!("{base_url}/reset-password?token={token}"),
        (_, Some(to)) => {
            let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
            format!("{base_url}{}/reset-password/{token}?callbackURL={to}", SessionHttp::API_PATH)
        }
    }
}

/// The known facts about the device, with their names.
fn facts(mail: &Mail) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(device) = &mail.device {
        facts.push(("Device", one_line(&device.label)));
        let address = one_line(&mail.ip_address);
        facts.push(("IP address", if address.is_empty() { "unknown".to_owned() } else { address }));
        // "near", because the database knows the places of networks, not of people.
        facts.extend(mail.place.as_deref().map(|place| ("Place", one_line(&format!("near {place}")))));
    }
    if mail.device.is_some() || mail.kind == MailKind::PasswordChanged {
        facts.push(("Time", readable(mail.at)));
    }
    facts
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Such as `24 November 2026, 04:12 UTC`.
fn readable(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = at.to_string();
    let month = text[5..7].parse().ok().and_then(|month: usize| MONTHS.get(month - 1)).unwrap_or(&"");
    format!("{} {month} {}, {} UTC", text[8..10].trim_start_matches('0'), &text[..4], &text[11..16])
}

fn plain(words: &Words, facts: &[(&str, String)], link: &str, Look { service, .. }: &Look) -> String {
    let Words { says, then, link: name, finally, .. } = words;
    let mut text = format!("{service}\r\n\r\n{says}\r\n\r\n");
    for (name, value) in facts {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !facts.is_empty() {
        text.push_str("\r\n");
    }
    let _ = write!(text, "{then}\r\n\r\n{name}:\r\n{link}\r\n\r\n{finally}\r\n");
    text
}

/// Text has the colours of the mail program, light or dark. Only the button has its own.
fn html(words: &Words, facts: &[(&str, String)], link: &str, look: &Look) -> String {
    let Words { subject, says, then, link: name, finally } = words;
    let Look { service, button, on_button } = look;
    let mut rows = String::new();
    for (name, value) in facts {
        let _ = write!(
            rows,
            "<tr><td style=\"padding:2px 16px 2px 0\">{name}</td><td style=\"padding:2px 0;font-weight:600\">{}</td></tr>",
            escaped(value)
        );
    }
    let facts = if rows.is_empty() {
        rows
    } else {
        format!("<table style=\"margin:16px 0;font-size:15px\">{rows}</table>")
    };
    let subject = escaped(subject);
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" \
         content=\"light dark\"><title>{subject}</title></head>\
         <body style=\"margin:0;padding:24px;font-family:system-ui,sans-serif;font-size:16px;line-height:1.5\">\
         <div style=\"max-width:480px;margin:0 auto\"><p style=\"margin:0 0 16px;font-weight:600\">{}</p>\
         <h1 style=\"font-size:20px;margin:0 0 12px\">{subject}</h1>\
         <p>{}</p>{facts}<p>{}</p><p style=\"margin:24px 0\"><a href=\"{}\" style=\"display:inline-block;\
         padding:11px 20px;border-radius:8px;background:{button};color:{on_button};text-decoration:none;\
         font-weight:600\">{}</a></p><p style=\"font-size:14px\">{}</p></div></body></html>",
        escaped(service),
        escaped(says),
        escaped(then),
        escaped(link),
        escaped(name),
        escaped(finally),
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn only_the_button_has_its_own_colour() {
        for (flags, button) in [(&[][..], "#2f5bd7;color:#ffffff"), (&["--accent-color", "#ffd400"], "#")] {
            let look = Look::new(&Config::parse_from(["multi-session"].iter().chain(flags)));
            let page =
                html(&words(MailKind::NewDevice, &look.service), &[("Time", String::new())], "/", &look);
            assert!(page.contains(&format!("background:{button}")), "{page}");
            assert_eq!(page.matches("color:#").count(), 1, "{page}");
        }
    }

    #[test]
    fn time_is_readable() {
        assert_eq!(readable(Timestamp::from_unix_ms(1_795_493_543_000)), "24 November 2026, 04:12 UTC");
        assert_eq!(readable(Timestamp::from_unix_ms(0)), "1 January 1970, 00:00 UTC");
    }

    #[test]
    fn user_agent_in_a_mail_is_escaped() {
        let facts = [("Device", one_line("<a href=\"https://evil.example\">x</a>\r\nBcc: eve@example.org"))];
        let look = Look::new(&Config::parse_from(["multi-session", "--service-name", "A & \"B\""]));
        for &kind in MailKind::ALL {
            let words = words(kind, &look.service);
            let page = html(&words, &facts, "https://id.example.org/x?token=a&callbackURL=b", &look);
            assert!(page.contains("A &amp; &quot;B&quot;") && !page.contains("A & "), "{page}");
            assert_eq!(page.matches("<a ").count(), 1, "{page}");
            assert!(page.contains("token=a&amp;callbackURL=b") && !page.contains("\"https://evil"));
            let text = plain(&words, &facts, "https://id.example.org/x", &look);
            assert!(text.starts_with("A & \"B\"\r\n") && words.subject.contains("A & \"B\""), "{text}");
            assert!(!text.contains("\r\nBcc"), "{text}");
            assert_eq!(text.matches("https://id.").count(), 1);
        }
    }
}

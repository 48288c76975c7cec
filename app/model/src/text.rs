//! DICOM's way of writing things, for people.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A Person Name (PS3.5 6.2.1.1) as it is read: "Doe, Jane M., Dr. (MD)"; with ideographic letters behind the alphabetic ones where there
/// are both. A name without carets stays as it is.
pub fn person_name(name: &str) -> String {
    let mut groups = name.split('=').map(one_name);
    let (alphabetic, ideographic) = (groups.next().unwrap_or_default(), groups.next().unwrap_or_default());
    match (alphabetic.is_empty(), ideographic.is_empty()) {
        (false, true) => alphabetic,
        (true, false) => ideographic,
        (false, false) => format!("{alphabetic} ({ideographic})"),
        (true, true) => groups.next().unwrap_or_default(),
    }
}

/// Family, given, middle, prefix, suffix.
fn one_name(group: &str) -> String {
    let mut parts = group.split('^').map(str::trim);
    let mut next = || parts.next().unwrap_or_default();
    let [family, given, middle, prefix, suffix] = [next(), next(), next(), next(), next()];
    let first: Vec<&str> = [prefix, given, middle].into_iter().filter(|p| !p.is_empty()).collect();
    let own = [family.to_string(), first.join(" ")];
    let mut text = own.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
    if !suffix.is_empty() {
        text = if text.is_empty() { suffix.to_string() } else { format!("{text}, {suffix}") };
    }
    text
}

/// A DICOM date (YYYYMMDD, or the old YYYY.MM.DD) as "12 Mar 2024"; anything else as it stands.
pub fn date(da: &str) -> String {
    let digits: String = da.trim().chars().filter(|c| *c != '.').collect();
    let read = || {
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (year, month, day) = (&digits[..4], digits[4..6].parse::<usize>().ok()?, digits[6..].parse::<u32>().ok()?);
        let month = MONTHS.get(month.checked_sub(1)?)?;
        (1..=31).contains(&day).then(|| format!("{day} {month} {year}"))
    };
    read().unwrap_or_else(|| da.trim().to_string())
}

/// A DICOM time (HHMMSS.FFFFFF) as "14:05"; anything else as it stands.
pub fn time(tm: &str) -> String {
    let digits: String = tm.trim().chars().filter(|c| *c != ':').collect();
    let (hour, minute) = (digits.get(..2), digits.get(2..4));
    match (hour.and_then(|h| h.parse::<u32>().ok()), minute.and_then(|m| m.parse::<u32>().ok())) {
        (Some(hour @ 0..=23), Some(minute @ 0..=59)) => format!("{hour:02}:{minute:02}"),
        _ => tm.trim().to_string(),
    }
}

/// A DICOM age (018M) as "18 months"; anything else as it stands.
pub fn age(value: &str) -> String {
    let value = value.trim();
    let Some((number, unit)) = value.char_indices().next_back().map(|(i, unit)| (&value[..i], unit)) else { return String::new() };
    let unit = match unit {
        'Y' => "year",
        'M' => "month",
        'W' => "week",
        'D' => "day",
        _ => return value.to_string(),
    };
    match number.parse::<u32>() {
        Ok(1) => format!("1 {unit}"),
        Ok(n) => format!("{n} {unit}s"),
        Err(_) => value.to_string(),
    }
}

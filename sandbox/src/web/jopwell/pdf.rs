//! A résumé as a one-page PDF. Small enough by hand: three lines of text need no layout library.

use crate::jopwell::model::Profile;

/// The bytes of a PDF 1.4 with the profile's lines in Helvetica. Letters outside Latin-1 print as `?`, since the
/// standard fonts have no others.
pub fn resume(profile: &Profile) -> Vec<u8> {
    let mut lines = vec![(20, profile.name.clone())];
    lines.push((12, profile.headline.clone()));
    lines.push((10, profile.emails.join(", ")));
    for entry in &profile.experience {
        lines.push((
            11,
            format!("{}, {} ({})", entry.title, entry.company, entry.years),
        ));
    }
    for entry in &profile.education {
        lines.push((
            11,
            format!("{}, {} ({})", entry.degree, entry.school, entry.years),
        ));
    }
    lines.push((10, profile.skills.join(", ")));
    let mut page = b"BT 72 760 Td\n".to_vec();
    for (size, line) in lines.iter().filter(|(_, line)| !line.is_empty()) {
        page.extend(format!("/F1 {size} Tf 0 -{} Td (", size + 10).bytes());
        for letter in line.chars().take(90) {
            match letter {
                '(' | ')' | '\\' => page.extend([b'\\', letter as u8]),
                ' '..='~' | '\u{a0}'..='\u{ff}' => page.push(letter as u8),
                _ => page.push(b'?'),
            }
        }
        page.extend(b") Tj\n");
    }
    page.extend(b"ET\n");
    let mut stream = format!("<< /Length {} >>\nstream\n", page.len()).into_bytes();
    stream.extend(page);
    stream.extend(b"endstream");
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
          /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_vec(),
        stream,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(file.len());
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    let size = offsets.len() + 1;
    file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for offset in offsets {
        file.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    file.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").bytes(),
    );
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_reference_table_points_at_the_objects() {
        let file = resume(&Profile {
            name: "José (\\) 李".to_owned(),
            ..Profile::default()
        });
        let text: String = file.iter().map(|byte| char::from(*byte)).collect();
        let table = text.rfind("xref\n0 6\n").unwrap();
        assert!(text.contains("(José \\(\\\\\\) ?) Tj"));
        for (number, line) in (1..).zip(text[table..].lines().skip(3).take(5)) {
            let offset: usize = line[..10].parse().unwrap();
            assert!(file[offset..].starts_with(format!("{number} 0 obj").as_bytes()));
        }
    }
}

//! `candidates.html`: a table in which only the rows on the screen are elements.

use super::{Proxy, append, document, element, input, on, report, say};
use crate::browser::api;
use crate::state::trouble::Trouble;
use crate::view::candidates::{Candidates, Cell, Direction, in_table};
use crate::view::problem::of_trouble;
use atsi_protocol::{CandidatesPage, KnownCandidate};
use std::cell::RefCell;
use std::collections::HashSet;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlAnchorElement, HtmlElement, HtmlSelectElement};

/// Height of a row in CSS pixels; `extension/pages.css` has the same.
const ROW: usize = 40;
/// Rows drawn beyond each edge, ready for the next turn of the wheel.
const BEYOND: usize = 8;
/// The first page fills the screen; the others are read in less than a frame each.
const FIRST: u32 = 100;
const MORE: u32 = 400;

struct Table {
    candidates: Candidates,
    /// Ids of the candidates in the table.
    ids: HashSet<String>,
    /// Row elements, each with its place among those shown.
    rows: Vec<(Element, usize)>,
    spare: Vec<Element>,
    above: Option<Element>,
    below: Option<Element>,
    /// Number of the current reading; an older one that still runs ends.
    reading: u32,
    is_reading: bool,
    /// The last reading ended early.
    has_failed: bool,
    frame_asked: bool,
    format: Option<js_sys::Function>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::new(Table::new());
}

/// Runs `candidates.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn candidates_page() -> Result<(), JsValue> {
    super::begin()?;
    make_head()?;
    make_spacers()?;
    on("scroll", "scroll", |_| ask_for_frame())?;
    on("controls", "submit", |event| event.prevent_default())?;
    on("search", "input", |_| {
        let query = input("search")
            .map(|input| input.value())
            .unwrap_or_default();
        change(|candidates| candidates.search(&query));
    })?;
    for filter in ["status-filter", "job-filter"] {
        on(filter, "change", |_| {
            let value = |id| select(id).map(|select| select.value()).unwrap_or_default();
            let (status, job) = (value("status-filter"), value("job-filter"));
            change(|candidates| candidates.filter(&status, &job));
        })?;
    }
    on("head", "click", |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| target.closest("button").ok().flatten());
        let index = button.and_then(|button| button.get_attribute("data-column")?.parse().ok());
        if let Some(place) = index {
            change(|candidates| candidates.sort_by(place));
        }
    })?;
    on("refresh", "click", |_| spawn_local(read_all()))?;
    on("export", "click", |_| report(export()))?;
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let resized = Closure::<dyn Fn()>::new(ask_for_frame);
    window.add_event_listener_with_callback("resize", resized.as_ref().unchecked_ref())?;
    resized.forget();
    spawn_local(read_all());
    Ok(())
}

/// Reads all candidates again, page by page. The table stays as it is until the first page arrives.
async fn read_all() {
    let reading = TABLE.with_borrow_mut(|table| {
        table.reading += 1;
        table.is_reading = true;
        table.reading
    });
    let done = read_pages(reading).await;
    let is_last = TABLE.with_borrow_mut(|table| {
        let is_last = table.reading == reading;
        table.is_reading &= !is_last;
        is_last
    });
    if !is_last {
        return;
    }
    report(done.and_then(|problem| {
        say("problem", &problem)?;
        TABLE.with_borrow_mut(|table| {
            table.has_failed = !problem.is_empty();
            if !table.candidates.is_in_order_of_pages() {
                table.candidates.arrange();
            }
        });
        show_choices()?;
        redraw()
    }));
}

/// Returns the problem that ended the reading; empty without one.
async fn read_pages(reading: u32) -> Result<String, JsValue> {
    let proxy = Proxy::current().await;
    let mut after: Option<u64> = None;
    let mut is_first = true;
    loop {
        let limit = if is_first { FIRST } else { MORE };
        let page = match page(&proxy, limit, after).await {
            Ok(page) => page,
            Err(trouble) => return Ok(of_trouble(&trouble)),
        };
        after = page.next;
        let goes_on = TABLE.with_borrow_mut(|table| {
            if table.reading != reading {
                return false;
            }
            if is_first {
                table.candidates.clear();
                table.ids.clear();
            }
            for candidate in page.candidates {
                // A candidate who was sent again in the meantime comes twice; the first one counts.
                if table.ids.insert(candidate.external_id.clone()) {
                    table.candidates.push(candidate);
                }
            }
            true
        });
        if !goes_on {
            return Ok(String::new());
        }
        if is_first {
            say("problem", "")?;
            show_choices()?;
            redraw()?;
        } else {
            say_count()?;
            ask_for_frame();
        }
        is_first = false;
        if after.is_none() {
            return Ok(String::new());
        }
    }
}

/// Reads one page of `GET /v1/candidates`.
async fn page(proxy: &Proxy, limit: u32, after: Option<u64>) -> Result<CandidatesPage, Trouble> {
    let mut path = format!("/v1/candidates?limit={limit}");
    if let Some(after) = after {
        path += &format!("&after={after}");
    }
    serde_json::from_str(&proxy.get_text(&path).await?).map_err(|_| Trouble::NotAProxy)
}

/// Reads all candidates, each once.
pub(super) async fn read_everyone() -> Result<Vec<KnownCandidate>, Trouble> {
    let proxy = Proxy::current().await;
    let mut ids = HashSet::new();
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = page(&proxy, MORE, after).await?;
        let new = page.candidates.into_iter();
        all.extend(new.filter(|candidate| ids.insert(candidate.external_id.clone())));
        if page.next.is_none() {
            return Ok(all);
        }
        after = page.next;
    }
}

fn to_lower_case(text: &str) -> String {
    String::from(js_sys::JsString::from(text).to_lower_case())
}

fn change(how: impl FnOnce(&mut Candidates)) {
    TABLE.with_borrow_mut(|table| how(&mut table.candidates));
    report(element("scroll").and_then(|scroll| {
        scroll.set_scroll_top(0);
        show_sort()?;
        redraw()
    }));
}

/// The header: a button in each column sorts by it.
fn make_head() -> Result<(), JsValue> {
    let head = element("head")?;
    for (index, column) in in_table().enumerate() {
        let cell = append(&head, "th")?;
        cell.set_class_name(column.width.class());
        cell.set_attribute("scope", "col")?;
        let button = append(&cell, "button")?;
        button.set_attribute("type", "button")?;
        button.set_attribute("data-column", &index.to_string())?;
        button.set_text_content(Some(column.title()));
    }
    element("table")?.set_attribute("aria-colcount", &in_table().count().to_string())?;
    show_sort()
}

fn show_sort() -> Result<(), JsValue> {
    let cells = element("head")?.children();
    for place in 0..in_table().count() {
        let cell = u32::try_from(place)
            .ok()
            .and_then(|place| cells.item(place));
        let Some(cell) = cell else { continue };
        match TABLE.with_borrow(|table| table.candidates.sort_at(place)) {
            Some(Direction::Ascending) => cell.set_attribute("aria-sort", "ascending")?,
            Some(Direction::Descending) => cell.set_attribute("aria-sort", "descending")?,
            None => cell.remove_attribute("aria-sort")?,
        }
    }
    Ok(())
}

/// Adds two rows that are as high as the rows above and below the drawn ones would be.
fn make_spacers() -> Result<(), JsValue> {
    let rows = element("rows")?;
    let make = || -> Result<Element, JsValue> {
        let row = append(&rows, "tr")?;
        row.set_attribute("aria-hidden", "true")?;
        row.set_class_name("space");
        append(&row, "td")?.set_attribute("colspan", &in_table().count().to_string())?;
        Ok(row)
    };
    let (above, below) = (make()?, make()?);
    TABLE.with_borrow_mut(|table| {
        table.above = Some(above);
        table.below = Some(below);
    });
    Ok(())
}

fn ask_for_frame() {
    let asked = TABLE.with_borrow_mut(|table| std::mem::replace(&mut table.frame_asked, true));
    if asked {
        return;
    }
    let draw = Closure::once_into_js(|| {
        TABLE.with_borrow_mut(|table| table.frame_asked = false);
        report(draw());
    });
    if let Some(window) = web_sys::window() {
        let _ = window.request_animation_frame(draw.unchecked_ref());
    }
}

/// Draws all rows again, as other candidates are in their places.
fn redraw() -> Result<(), JsValue> {
    TABLE.with_borrow_mut(|table| {
        for (row, _) in table.rows.drain(..) {
            row.remove();
            table.spare.push(row);
        }
    });
    say_count()?;
    draw()
}

/// Draws the rows on the screen. A row that stays there is not touched, so it keeps the focus.
fn draw() -> Result<(), JsValue> {
    let scroll: HtmlElement = element("scroll")?.dyn_into()?;
    let whole = |pixels: i32| usize::try_from(pixels).unwrap_or(0);
    let first = (whole(scroll.scroll_top()) / ROW).saturating_sub(BEYOND);
    let count = whole(scroll.client_height()) / ROW + 2 * BEYOND + 1;
    let focused = document()?.active_element();
    TABLE.with_borrow_mut(|table| {
        let last = (first + count).min(table.candidates.shown());
        let (stay, leave): (Vec<_>, Vec<_>) = std::mem::take(&mut table.rows)
            .into_iter()
            .partition(|(_, place)| (first..last).contains(place));
        table.rows = stay;
        for (row, _) in leave {
            // The keyboard continues from the table.
            if focused
                .as_ref()
                .is_some_and(|focused| row.contains(Some(focused)))
            {
                scroll.focus()?;
            }
            row.remove();
            table.spare.push(row);
        }
        let (Some(above), Some(below)) = (table.above.clone(), table.below.clone()) else {
            return Ok(());
        };
        let mut before = above.clone();
        let mut rows = Vec::with_capacity(count);
        let mut kept = std::mem::take(&mut table.rows).into_iter().peekable();
        for place in first..last {
            let row = match kept.next_if(|(_, at)| *at == place) {
                Some((row, _)) => row,
                None => {
                    let row = table.spare.pop().map_or_else(make_row, Ok)?;
                    table.fill(&row, place)?;
                    before.after_with_node_1(&row)?;
                    row
                }
            };
            before = row.clone();
            rows.push((row, place));
        }
        table.rows = rows;
        let space = |row: &Element, rows: usize| {
            row.set_attribute("style", &format!("height:{}px", rows * ROW))
        };
        space(&above, first.min(last))?;
        space(&below, table.candidates.shown().saturating_sub(last))?;
        Ok(())
    })
}

fn make_row() -> Result<Element, JsValue> {
    let row = document()?.create_element("tr")?;
    for column in in_table() {
        append(&row, "td")?.set_class_name(column.width.class());
    }
    Ok(row)
}

impl Table {
    fn new() -> Self {
        Self {
            candidates: Candidates::new(to_lower_case),
            ids: HashSet::new(),
            rows: Vec::new(),
            spare: Vec::new(),
            above: None,
            below: None,
            reading: 0,
            is_reading: false,
            has_failed: false,
            frame_asked: false,
            format: None,
        }
    }

    fn fill(&mut self, row: &Element, place: usize) -> Result<(), JsValue> {
        let Some(shown) = self.candidates.shown_row(place) else {
            return Ok(());
        };
        row.set_attribute("aria-rowindex", &(place + 2).to_string())?;
        let elements = row.children();
        for (index, column) in (0..).zip(in_table()) {
            let Some(element) = elements.item(index) else {
                continue;
            };
            match column.cell(shown) {
                Cell::Text(text) => {
                    element.set_text_content(Some(text));
                    element.set_attribute("title", text)?;
                }
                Cell::Time(at) => {
                    let text = at.map(|at| {
                        self.format.get_or_insert_with(formatter).call1(
                            &JsValue::NULL,
                            #[expect(
                                clippy::cast_precision_loss,
                                reason = "milliseconds since 1970 are far below 2^53"
                            )]
                            &JsValue::from_f64(at as f64),
                        )
                    });
                    let text = text.transpose()?.and_then(|text| text.as_string());
                    element.set_text_content(Some(text.as_deref().unwrap_or_default()));
                }
                Cell::Link { text, href: "" } => {
                    element.set_text_content(Some(text));
                    element.set_attribute("title", text)?;
                }
                Cell::Link { text, href } => {
                    element.set_text_content(None);
                    let link: HtmlAnchorElement = append(&element, "a")?.dyn_into()?;
                    link.set_text_content(Some(text));
                    link.set_target("_blank");
                    link.set_rel("noopener noreferrer");
                    if crate::page::address::Address::parse(href).is_some() {
                        link.set_href(href);
                    }
                    element.set_attribute("title", text)?;
                }
            }
        }
        Ok(())
    }
}

/// Makes the formatter of moments; one costs more than formatting a thousand.
fn formatter() -> js_sys::Function {
    let style = api::object(&[
        ("dateStyle", "medium".into()),
        ("timeStyle", "short".into()),
    ]);
    js_sys::Intl::DateTimeFormat::new(
        &js_sys::Array::of1(&crate::language::tag().into()),
        &style.into(),
    )
    .format()
}

fn say_count() -> Result<(), JsValue> {
    let (words, rows) = TABLE.with_borrow(|table| {
        let (shown, all) = (table.candidates.shown(), table.candidates.len());
        let people = |count: usize| match count {
            1 => say!("1 candidate").to_owned(),
            count => say!("{count} candidates", count = grouped(count)),
        };
        let words = match (table.is_reading, all) {
            (true, 0) => say!("Loading…").to_owned(),
            (true, all) => say!("{people} so far…", people = people(all)),
            // Nothing was read, so the number is not known.
            (false, 0) if table.has_failed => String::new(),
            (false, 0) => {
                say!("No candidates yet. Open a candidate on Jopwell and click Send to ATS.")
                    .to_owned()
            }
            (false, all) if shown == all => people(all),
            (false, all) => say!(
                "{shown} of {people}",
                shown = grouped(shown),
                people = people(all)
            ),
        };
        (words, shown)
    });
    element("table")?.set_attribute("aria-rowcount", &(rows + 1).to_string())?;
    say("count", &words)
}

fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Fills the filters with every status and job, and keeps what is chosen.
fn show_choices() -> Result<(), JsValue> {
    TABLE.with_borrow(|table| {
        let (statuses, jobs) = table.candidates.choices();
        for (id, choices) in [("status-filter", statuses), ("job-filter", jobs)] {
            let select = select(id)?;
            let chosen = select.value();
            while let Some(option) = select.last_element_child().filter(|_| select.length() > 1) {
                option.remove();
            }
            for choice in choices {
                let option = append(&select, "option")?;
                option.set_text_content(Some(choice));
                option.set_attribute("value", choice)?;
            }
            select.set_value(&chosen);
            if select.selected_index() < 0 {
                select.set_value("");
            }
        }
        Ok(())
    })
}

/// Saves the rows shown as a CSV file.
fn export() -> Result<(), JsValue> {
    let parts = js_sys::Array::new();
    TABLE.with_borrow(|table| {
        for part in table.candidates.csv() {
            parts.push(&part.into());
        }
    });
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type("text/csv;charset=utf-8");
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document()?.create_element("a")?.dyn_into()?;
    link.set_href(&url);
    let day = String::from(js_sys::Date::new_0().to_iso_string());
    link.set_download(&format!(
        "jopwell-candidates-{}.csv",
        day.get(..10).unwrap_or_default()
    ));
    link.click();
    // The browser has read it by then.
    let revoke = Closure::once_into_js(move || drop(web_sys::Url::revoke_object_url(&url)));
    api::set_timeout(revoke.unchecked_ref(), 60_000);
    Ok(())
}

fn select(id: &str) -> Result<HtmlSelectElement, JsValue> {
    Ok(element(id)?.dyn_into()?)
}

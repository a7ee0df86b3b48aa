//! The grants, with their consequences spelled out.

use eframe::egui::{Response, Ui, vec2};

use super::{FieldLayout, give_focus};
use crate::client::{ClientDraft, GrantType};
use crate::desktop::style;

/// A box for each grant that is offered, and for those that an import brought.
pub fn grants_ui(
    ui: &mut Ui,
    draft: &mut ClientDraft,
    layout: FieldLayout,
    focus: &mut Option<&'static str>,
) {
    let offered =
        |grant: &GrantType| GrantType::OFFERED.contains(grant) || GrantType::FURTHER.contains(grant);
    let imported = draft.grant_types.iter().copied().filter(|grant| !offered(grant));
    let grants: Vec<GrantType> = GrantType::OFFERED.into_iter().chain(imported).collect();
    match layout {
        FieldLayout::Beside => {
            ui.add_space(5.0);
            ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
            ui.spacing_mut().interact_size.y = 22.0;
            for grant in grants {
                ui.horizontal(|ui| {
                    first_takes_focus(focus, &grant_ui(ui, draft, grant));
                    ui.label(style::faint(ui, grant.consequence()));
                });
            }
        }
        FieldLayout::Above => {
            for pair in grants.chunks(2) {
                ui.columns(2, |columns| {
                    for (column, grant) in columns.iter_mut().zip(pair) {
                        let grant_box = grant_ui(column, draft, *grant);
                        first_takes_focus(focus, &grant_box);
                        grant_box.on_hover_text(grant.consequence());
                    }
                });
            }
        }
    }
}

/// The first box stands for the whole field, and for the response types that go with it.
fn first_takes_focus(focus: &mut Option<&'static str>, grant_box: &Response) {
    for field in ["grant_types", "response_types"] {
        give_focus(focus, field, grant_box);
    }
}

/// A box for each grant that few clients have.
pub fn further_grants_ui(ui: &mut Ui, draft: &mut ClientDraft) {
    for grant in GrantType::FURTHER {
        grant_ui(ui, draft, grant).on_hover_text(grant.consequence());
    }
}

fn grant_ui(ui: &mut Ui, draft: &mut ClientDraft, grant: GrantType) -> Response {
    let mut allowed = draft.has_grant(grant);
    let response = style::checkbox(ui, &mut allowed, grant.label());
    if response.changed() {
        draft.set_grant(grant, allowed);
    }
    response
}

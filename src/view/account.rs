//! Accounts, on our own pages: who is signed in, colleagues, invitations, devices.

use super::node::{Node, Tone, badge, button, facts, line, link, list, stack, status, text, time};
use crate::action::Action;
use atsi_protocol::{
    ConnectionState, Invitation, InvitationState, Me, Member, ProxyMode, Role, Session,
};

/// What a person has to do next on the welcome page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The connection works.
    Nothing,
    /// The company needs a working key, from this person or someone they ask.
    Connect,
}

#[must_use]
pub fn next(me: &Me) -> Next {
    match me.connection.state {
        ConnectionState::Active => Next::Nothing,
        ConnectionState::Broken | ConnectionState::None => Next::Connect,
    }
}

/// Whether this person may change the connection and the company's settings.
#[must_use]
pub fn is_admin(me: &Me) -> bool {
    me.mode == ProxyMode::Personal || me.member.as_ref().is_some_and(|me| me.role == Role::Admin)
}

/// The state of the company's connection, for the welcome page. `on` is the day it was made, in words.
#[must_use]
pub fn standing(me: &Me, on: Option<&str>) -> Node {
    let by = (me.connection.connected_by.as_ref())
        .map_or(String::new(), |name| say!(" by {name}", name = name));
    let on = on.map_or(String::new(), |on| say!(" on {day}", day = on));
    match next(me) {
        Next::Nothing => stack(vec![
            status(
                say!("Connected{by}{on}. You’re ready to send.", by = by, on = on),
                Tone::Good,
            ),
            text(say!("Open a candidate on Jopwell and click Send to ATS.")),
            link(say!("Open Jopwell"), "https://www.jopwell.com/"),
        ]),
        Next::Connect if me.connection.state == ConnectionState::Broken => stack(vec![
            status(say!("The connection needs repair"), Tone::Bad),
            text(say!(
                "Greenhouse no longer accepts the company’s key or its user."
            )),
            text(match is_admin(me) {
                true => say!("Sends wait until the connection works again."),
                false => say!(super::options::ADMINS_NOTIFIED),
            }),
        ]),
        Next::Connect => text(say!(
            "Your company isn’t connected to Greenhouse yet. One key connects everyone."
        )),
    }
}

#[must_use]
pub fn you(me: &Me) -> Node {
    let mut pairs = Vec::new();
    if let Some(member) = &me.member {
        pairs.push((say!("Name"), text(&member.name)));
        pairs.extend(
            member
                .email
                .as_ref()
                .map(|email| (say!("E-mail"), text(email))),
        );
        pairs.push((say!("Role"), text(role(member.role))));
    }
    pairs.extend(
        me.company
            .as_ref()
            .map(|company| (say!("Company"), text(&company.domain))),
    );
    facts(pairs)
}

#[must_use]
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => say!("Admin"),
        Role::Recruiter => say!("Recruiter"),
    }
}

/// Buttons: `role:ID:admin`, `role:ID:recruiter`, `remove:ID`, `leave:ID`, and `shut-out:ID` for a device that a
/// policy enrolled.
#[must_use]
pub fn members(me: &Me, members: &[Member]) -> Node {
    let own = me.member.as_ref().map(|member| member.id);
    let rows = members.iter().map(|member| {
        let is_own = own == Some(member.id);
        let mut name = vec![text(&member.name)];
        if member.role == Role::Admin {
            name.push(badge(say!("Admin")));
        }
        if is_own {
            name.push(text(say!("you")).tone(Tone::Quiet));
        }
        let mut about = Vec::new();
        about.extend(
            member
                .email
                .as_ref()
                .map(|email| text(email).tone(Tone::Quiet)),
        );
        match member.last_used_at {
            Some(at) => about.extend([text(say!("last seen")).tone(Tone::Quiet), time(at)]),
            None => about.push(text(say!("not seen yet")).tone(Tone::Quiet)),
        }
        let mut parts = vec![line(name), line(about)];
        let mut buttons = Vec::new();
        if is_admin(me) && !is_own {
            let (label, new) = match member.role {
                Role::Admin => (say!("Make recruiter"), Role::Recruiter),
                Role::Recruiter => (say!("Make admin"), Role::Admin),
            };
            // Only devices have no address.
            let remove = match member.email {
                Some(_) => Action::RemoveMember(member.id),
                None => Action::RemoveDevice(member.id),
            };
            buttons.push(naming(
                button(
                    label,
                    Action::SetRole {
                        member: member.id,
                        role: new,
                    },
                ),
                label,
                &member.name,
            ));
            buttons.push(naming(
                button(say!("Remove"), remove).tone(Tone::Bad),
                say!("Remove"),
                &member.name,
            ));
        }
        if is_own {
            buttons.push(
                button(say!("Leave company"), Action::LeaveCompany(member.id)).tone(Tone::Bad),
            );
        }
        if !buttons.is_empty() {
            parts.push(line(buttons));
        }
        stack(parts)
    });
    list(rows.collect())
}

/// Adds a tooltip that distinguishes buttons with the same words; it is read with them.
fn naming(button: Node, label: &str, whom: &str) -> Node {
    button.tip(format!("{label}: {whom}"))
}

/// Buttons: `revoke:ID`. None where there is nothing to show.
#[must_use]
pub fn invitations(invitations: &[Invitation]) -> Option<Node> {
    let rows: Vec<Node> = invitations
        .iter()
        .map(|invitation| {
            let whom = invitation
                .email
                .as_deref()
                .unwrap_or(say!("Anyone with the link"));
            let (words, tone) = match invitation.state {
                InvitationState::Open => (key!("Not used yet"), Tone::Busy),
                InvitationState::Accepted => (key!("Accepted"), Tone::Good),
                InvitationState::Expired => (key!("Expired"), Tone::Quiet),
                InvitationState::Revoked => (key!("Revoked"), Tone::Quiet),
            };
            let mut parts = vec![
                line(vec![
                    text(whom),
                    badge(role(invitation.role)),
                    text(say!(words)).tone(tone),
                ]),
                line(vec![
                    text(say!("by {name}, until", name = invitation.invited_by)).tone(Tone::Quiet),
                    time(invitation.expires_at),
                ]),
            ];
            if invitation.state == InvitationState::Open {
                let revoke = button(say!("Revoke"), Action::Revoke(invitation.id)).tone(Tone::Bad);
                parts.push(line(vec![naming(
                    revoke,
                    say!("Revoke the invitation"),
                    whom,
                )]));
            }
            stack(parts)
        })
        .collect();
    (!rows.is_empty()).then(|| list(rows))
}

/// Buttons: `end:ID`.
#[must_use]
pub fn sessions(sessions: &[Session]) -> Node {
    let rows = sessions.iter().map(|session| {
        let mut parts = vec![
            line(vec![text(&session.device)]),
            line(vec![
                text(say!("last used")).tone(Tone::Quiet),
                time(session.last_used_at),
            ]),
        ];
        if session.current {
            parts.push(text(say!("this device")).tone(Tone::Quiet));
        } else {
            let end = button(say!("Sign out device"), Action::EndSession(session.id));
            parts.push(line(vec![naming(end, say!("Sign out"), &session.device)]));
        }
        stack(parts)
    });
    list(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use atsi_protocol::{Company, Connection};

    fn member(id: u64, name: &str, role: Role) -> Member {
        Member {
            id,
            email: Some(format!("{id}@hartwell.example")),
            name: name.into(),
            role,
            joined_at: 1,
            last_used_at: None,
        }
    }

    fn me(role: Role) -> Me {
        Me {
            mode: ProxyMode::Company,
            member: Some(member(1, "Ada Park", role)),
            company: Some(Company {
                domain: "hartwell.example".into(),
                automatic_joining: true,
            }),
            session: Some(1),
            connection: Connection {
                state: ConnectionState::None,
                account_name: None,
                service_user_email: None,
                masked_key: None,
                connected_at: None,
                connected_by: None,
                problem: None,
            },
            mail: true,
        }
    }

    fn actions(node: &Node) -> Vec<String> {
        let mut found: Vec<String> = node.action.iter().map(Action::to_string).collect();
        found.extend(node.children.iter().flat_map(actions));
        found
    }

    #[test]
    fn recruiter_can_only_leave_and_admin_can_change_others() {
        let all = [
            member(1, "Ada Park", Role::Admin),
            member(2, "Ben Castell", Role::Recruiter),
        ];
        assert_eq!(actions(&members(&me(Role::Recruiter), &all)), ["leave:1"]);
        assert_eq!(
            actions(&members(&me(Role::Admin), &all)),
            ["leave:1", "role:2:admin", "remove:2"]
        );
    }

    #[test]
    fn device_gets_its_own_removal_action() {
        let device = Member {
            email: None,
            ..member(3, "Firefox on Linux", Role::Recruiter)
        };
        let actions = actions(&members(&me(Role::Admin), &[device]));
        assert_eq!(actions, ["role:3:admin", "shut-out:3"]);
    }

    #[test]
    fn connected_company_shows_who_connected_and_when() {
        let mut me = me(Role::Recruiter);
        assert_eq!(next(&me), Next::Connect);
        me.connection.state = ConnectionState::Active;
        me.connection.connected_by = Some("Ada Park".into());
        let shown = serde_json::to_string(&standing(&me, Some("3 November"))).unwrap();
        assert!(
            shown.contains("Connected by Ada Park on 3 November. You’re ready to send."),
            "{shown}"
        );
    }

    #[test]
    fn only_open_invitation_can_be_revoked() {
        let invitation = |id, state| Invitation {
            id,
            email: None,
            role: Role::Recruiter,
            invited_by: "Ada Park".into(),
            created_at: 1,
            expires_at: 2,
            state,
        };
        use InvitationState::{Accepted, Expired, Open, Revoked};
        let all = [Open, Accepted, Expired, Revoked].map(|state| invitation(7, state));
        assert_eq!(actions(&invitations(&all).unwrap()), ["revoke:7"]);
        assert_eq!(invitations(&[]), None);
    }
}

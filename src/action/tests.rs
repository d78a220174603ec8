use super::*;
use proptest::prelude::*;

/// Any action, of every variant.
fn any_action() -> impl Strategy<Value = Action> {
    let about = ".{0,20}";
    let id = any::<u64>;
    let simple = prop::sample::select(vec![
        Action::Send,
        Action::SendWithOneName,
        Action::OpenWelcome,
        Action::OpenOptions,
        Action::ToggleJopwellFirst,
        Action::ToggleOnlyJopwell,
        Action::PauseApplications,
        Action::ResumeApplications,
        Action::UnlinkJob,
        Action::ChooseJob,
        Action::FindJobs,
        Action::CopyTrackingLink,
        Action::FillJobForm,
        Action::ShowDifference,
    ]);
    let of_text = (0..10_usize, about).prop_map(|(which, about)| {
        let make: [fn(String) -> Action; 10] = [
            Action::TryNow,
            Action::Dismiss,
            Action::FoundInGreenhouse,
            Action::SendAgain,
            Action::SetStatus,
            Action::UndoStatus,
            Action::SkipStatus,
            Action::TurnOnApplications,
            Action::TurnOffApplications,
            Action::DropApplication,
        ];
        make[which](about)
    });
    let of_id = (0..8_usize, id()).prop_map(|(which, id)| {
        let make: [fn(u64) -> Action; 8] = [
            Action::Sync,
            Action::LinkJob,
            Action::UndoJobSave,
            Action::RemoveMember,
            Action::RemoveDevice,
            Action::LeaveCompany,
            Action::Revoke,
            Action::EndSession,
        ];
        make[which](id)
    });
    let outcome = prop_oneof![
        about.prop_map(|before| JobSaveOutcome::Saved { before }),
        prop::sample::select(JobSaveProblem::ALL.to_vec()).prop_map(JobSaveOutcome::Failed),
    ];
    let role = prop::sample::select(vec![Role::Admin, Role::Recruiter]);
    prop_oneof![
        simple,
        of_text,
        of_id,
        any::<i64>().prop_map(Action::Redeliver),
        any::<bool>().prop_map(Action::TrackingLinkCopied),
        any::<bool>().prop_map(Action::JobFormFilled),
        (id(), any::<bool>()).prop_map(|(id, is_set)| Action::StatusSet { id, is_set }),
        (id(), about).prop_map(|(greenhouse_job, jopwell_job)| Action::LinkApplications {
            greenhouse_job,
            jopwell_job
        }),
        (id(), outcome).prop_map(|(id, outcome)| Action::JobSaved { id, outcome }),
        (id(), role).prop_map(|(member, role)| Action::SetRole { member, role }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn action_printed_and_parsed_is_the_same(action in any_action()) {
        let text = action.to_string();
        prop_assert_eq!(text.parse(), Ok(action.clone()));
        let json = serde_json::to_string(&action).unwrap();
        prop_assert_eq!(&json, &serde_json::to_string(&text).unwrap());
        prop_assert_eq!(serde_json::from_str::<Action>(&json).unwrap(), action);
    }

    #[test]
    fn text_that_parses_is_printed_unchanged(
        text in prop_oneof![".{0,30}", "(send|sync|list|track-done|apply-link|job-saved|role|remove|end)(:[0-9=:a-z]{0,12})?"]
    ) {
        if let Ok(action) = text.parse::<Action>() {
            prop_assert_eq!(action.to_string(), text);
        }
    }
}

#[test]
fn bad_text_is_an_error() {
    for text in [
        "",
        ":",
        "send:1",
        "Send",
        "sync",
        "sync:",
        "sync:-1",
        "sync:01",
        "sync:18446744073709551616",
        "list:both",
        "track-done:7",
        "track-done:7=yes",
        "apply-link:310",
        "job-saved:7",
        "job-saved:7=teapot=",
        "job-saved:7=login=before",
        "role:1:owner",
    ] {
        assert_eq!(text.parse::<Action>(), Err(UnknownAction), "{text}");
    }
}

#[test]
fn greenhouse_id_past_2_pow_53_crosses_exactly() {
    let action = Action::Sync(u64::MAX);
    let json = serde_json::to_string(&action).unwrap();
    assert_eq!(json, r#""sync:18446744073709551615""#);
}
